"""Image files: read and written through Pillow, checked against it, and refused where damaged."""

import io
import struct
import sys
import zlib

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.errors import InvalidArgumentError
from fastgrad.image import codecs
from fastgrad.io import png

Image = pytest.importorskip("PIL.Image")


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def random(*shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def run(node, **feed):
    return fg.Session().run(node, **feed)


def written(pixels, kind, **settings):
    out = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(out, kind, **settings)
    return out.getvalue()


# ---- PNG --------------------------------------------------------------------------------

@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_round_trip(channels, dtype):
    pixels = random(7, 5, channels, dtype=dtype)
    data = run(fg.image.encode_png(pixels))
    assert np.array_equal(run(fg.image.decode_png(data, dtype=dtype)), pixels)


def filtered_png(pixels, interlaced=False):
    """A file of 16 bits whose lines take all five filters in turn; Adam7's seven parts."""
    height, width, channels = pixels.shape
    parts = png.ADAM7 if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for r, c, dr, dc in parts:
        part = pixels[r::dr, c::dc]
        if not part.size:
            continue
        size = 2 * channels
        before = np.zeros(part.shape[1] * size, np.int64)
        for y, line in enumerate(part):
            x = np.frombuffer(line.astype(">u2").tobytes(), np.uint8).astype(np.int64)
            left = np.concatenate([np.zeros(size, np.int64), x[:-size]])
            corner = np.concatenate([np.zeros(size, np.int64), before[:-size]])
            p = left + before - corner
            near = [abs(p - left), abs(p - before), abs(p - corner)]
            paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left,
                             np.where(near[1] <= near[2], before, corner))
            guess = (0, left, before, (left + before) // 2, paeth)[y % 5]
            raw += bytes([y % 5]) + ((x - guess) % 256).astype(np.uint8).tobytes()
            before = x
    head = struct.pack(">IIBBBBB", width, height, 16, png.COLOUR_TYPES[channels], 0, 0, interlaced)
    return png.SIGNATURE + b"".join(png._chunk(k, d) for k, d in (
        (b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_16_bits_with_all_filters(channels, interlaced):
    pixels = random(11, 9, channels, dtype=np.uint16, seed=channels)
    data = filtered_png(pixels, interlaced)
    assert np.array_equal(run(fg.image.decode_png(data, dtype=np.uint16)), pixels)
    assert np.array_equal(run(fg.image.decode_png(data)), pixels >> 8)


def test_png_channels():
    grey, colours = random(4, 3, 1), random(4, 3, 3, seed=1)
    data = written(grey, "PNG")
    assert np.array_equal(run(fg.image.decode_png(data, 3)), np.repeat(grey, 3, 2))
    alpha = run(fg.image.decode_png(data, 4))
    assert np.array_equal(alpha[..., :3], np.repeat(grey, 3, 2)) and (alpha[..., 3] == 255).all()
    found = run(fg.image.decode_png(written(colours, "PNG"), 1))
    assert np.abs(found[..., 0] - colours @ [0.299, 0.587, 0.114]).max() <= 1
    assert np.array_equal(run(fg.image.decode_png(written(colours, "PNG"), dtype=np.uint16)),
                          colours.astype(np.uint16) * 257)


def test_palettes_and_one_bit():
    indices = random(6, 8, 1) % 3
    picture = Image.fromarray(indices[..., 0], "P") if False else Image.new("P", (8, 6))
    picture.putpalette([1, 2, 3, 40, 50, 60, 255, 0, 9])
    picture.putdata(indices.reshape(-1).tolist())
    out = io.BytesIO()
    picture.save(out, "PNG")
    table = np.array([[1, 2, 3], [40, 50, 60], [255, 0, 9]], np.uint8)
    assert np.array_equal(run(fg.image.decode_png(out.getvalue())), table[indices[..., 0]])
    bits = Image.fromarray(indices[..., 0] > 0)
    out = io.BytesIO()
    bits.save(out, "PNG")
    assert np.array_equal(run(fg.image.decode_png(out.getvalue()))[..., 0],
                          (indices[..., 0] > 0) * np.uint8(255))


def bomb(width=40000, height=40000, bits=8):
    head = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return png.SIGNATURE + png._chunk(b"IHDR", head) + png._chunk(
        b"IDAT", zlib.compress(bytes(1000))) + png._chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [8, 16])
def test_a_bomb_is_refused_before_memory_is_asked_for(bits):
    with pytest.raises(InvalidArgumentError, match="pixels"):
        run(fg.image.decode_png(bomb(bits=bits)))


@pytest.mark.parametrize("make", [lambda p: filtered_png(p.astype(np.uint16) * 257),
                                  lambda p: written(p, "PNG"), lambda p: written(p, "JPEG")])
def test_cut_off_and_damaged_files_are_refused(make):
    data = make(random(40, 30, 3))
    for cut in (3, 20, len(data) // 2, len(data) - 30):
        with pytest.raises(InvalidArgumentError):
            run(fg.image.decode_png(data[:cut]))
    middle = len(data) // 2
    if data[:4] == png.SIGNATURE[:4]:
        with pytest.raises(InvalidArgumentError):
            run(fg.image.decode_png(data[:middle] + bytes([data[middle] ^ 255])
                                    + data[middle + 1:]))


def test_rubbish_is_named_at_the_users_line():
    node = fg.image.decode_png(b"not an image")
    with pytest.raises(InvalidArgumentError, match=r"test_image_files\.py.*unknown format"):
        run(node)
    with pytest.raises(InvalidArgumentError, match="empty file"):
        run(fg.image.decode_jpeg(b""))


def test_a_failed_read_leaves_the_session_usable():
    text = fg.placeholder(tf.string, [])
    image, count = fg.image.decode_png(text), fg.Variable(0)
    with fg.control_dependencies([image]):
        step = count.assign_add(1)
    session = fg.Session()
    with pytest.raises(InvalidArgumentError):
        session.run(step, {text: b"no"})
    assert count.value == 0
    session.run(step, {text: written(random(2, 2, 3), "PNG")})
    assert count.value == 1


# ---- JPEG, GIF, BMP ---------------------------------------------------------------------

def test_jpeg_is_what_pillow_reads():
    pixels = random(16, 24, 3)
    data = written(pixels, "JPEG", quality=90)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(run(fg.image.decode_jpeg(data)), expected)
    assert run(fg.image.decode_jpeg(data, channels=1)).shape == (16, 24, 1)
    assert run(fg.image.decode_jpeg(data, ratio=2)).shape == (8, 12, 3)
    assert np.array_equal(run(fg.image.decode_and_crop_jpeg(data, [2, 3, 5, 7])),
                          expected[2:7, 3:10])
    assert run(fg.image.extract_jpeg_shape(data)).tolist() == [16, 24, 3]
    assert run([fg.image.is_jpeg(data), fg.image.is_jpeg(b"GIF89a")]) == [True, False]
    half = run(fg.image.decode_jpeg(data[:len(data) * 2 // 3], try_recover_truncated=True))
    assert half.shape == (16, 24, 3)


def test_jpeg_is_written():
    pixels = np.full((8, 8, 3), [200, 100, 50], np.uint8)
    for settings in ({}, {"quality": 50}, {"progressive": True}, {"format": "grayscale"},
                     {"chroma_downsampling": False}):
        data = run(fg.image.encode_jpeg(pixels, **settings))
        found = run(fg.image.decode_jpeg(data))
        assert found.shape[2] == (1 if settings.get("format") else 3)
    assert np.abs(run(fg.image.adjust_jpeg_quality(pixels, 95)).astype(int) - pixels).max() < 5
    sizes = [len(run(fg.image.encode_jpeg(random(32, 32, 3), quality=q))) for q in (10, 95)]
    assert sizes[0] < sizes[1]


def test_gif_frames():
    frames = [Image.fromarray(np.full((4, 5, 3), v, np.uint8)) for v in (0, 128, 255)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    found = run(fg.image.decode_gif(out.getvalue()))
    assert found.shape == (3, 4, 5, 3) and found[:, 0, 0, 0].tolist() == [0, 128, 255]
    assert run(fg.image.decode_image(out.getvalue())).shape == (3, 4, 5, 3)
    assert run(fg.image.decode_image(out.getvalue(), expand_animations=False)).shape == (4, 5, 3)
    with pytest.raises(InvalidArgumentError, match="frames"):
        run(fg.image.decode_png(out.getvalue()))


def test_bmp_and_decode_image():
    pixels = random(5, 4, 3)
    for kind in ("BMP", "PNG"):
        data = written(pixels, kind)
        assert np.array_equal(run(fg.image.decode_image(data)), pixels)
        found = run(fg.image.decode_image(data, dtype=np.float32))
        np.testing.assert_allclose(found, pixels / np.float32(255), rtol=1e-6)
    assert np.array_equal(run(fg.image.decode_bmp(written(pixels, "BMP"))), pixels)


def test_channels_and_arguments_that_cannot_be():
    data = written(random(2, 2, 1), "PNG")
    with pytest.raises(ValueError, match="channels"):
        fg.image.decode_png(data, channels=7)
    with tf.Graph().as_default(), tf.Session() as session:
        node = tf.image.decode_png(data, channels=7)
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(node)
    with pytest.raises(ValueError):
        fg.image.decode_image(data, channels=2)
    with pytest.raises(TypeError):
        fg.image.encode_png(np.zeros((2, 2, 1), np.float32))
    with pytest.raises(ValueError):
        fg.image.encode_png(np.zeros((2, 2, 5), np.uint8))


def test_without_pillow_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install fastgrad\[image\]"):
        codecs.pillow()
