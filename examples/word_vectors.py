"""Skip-gram word vectors with a sampled softmax on a tiny text.

Each word's vector learns to tell its neighbours from random words. Words that stand in the same
places get similar vectors.
"""

import numpy as np

import fastgrad as fg

ANIMALS, FOODS = "cat dog horse cow".split(), "bread rice cheese soup".split()
PLACES, PEOPLE = "garden kitchen street field".split(), "anna peter mary john".split()
rng = np.random.default_rng(0)
words = []
for _ in range(600):
    who, what = rng.choice(PEOPLE), rng.choice(ANIMALS)
    words += [f"the {what} sleeps in the {rng.choice(PLACES)}",
              f"{who} eats {rng.choice(FOODS)} with {rng.choice(PEOPLE)}",
              f"{who} sees the {what} run"][rng.integers(3)].split()

vocabulary = sorted(set(words), key=lambda w: -words.count(w))  # frequent words first
number = {w: i for i, w in enumerate(vocabulary)}
text = np.array([number[w] for w in words])
centres = np.concatenate([text[2:-2]] * 4)
neighbours = np.concatenate([text[2 + d:len(text) - 2 + d] for d in (-2, -1, 1, 2)])

fg.set_random_seed(0)
size, count = 12, len(vocabulary)
centre = fg.placeholder(fg.int64, [None], name="centre")
neighbour = fg.placeholder(fg.int64, [None, 1], name="neighbour")
vectors = fg.Variable(fg.random_uniform([count, size], -0.5, 0.5), name="vectors")
weights = fg.Variable(fg.truncated_normal([count, size], stddev=0.3), name="weights")
biases = fg.Variable(np.zeros(count, np.float32), name="biases")
loss = fg.reduce_mean(fg.nn.sampled_softmax_loss(
    weights=weights, biases=biases, labels=neighbour,
    inputs=fg.nn.embedding_lookup(vectors, centre), num_sampled=8, num_classes=count))
train = fg.train.AdamOptimizer(0.01).minimize(loss)

session = fg.Session()
history = session.fit(train, {centre: centres, neighbour: neighbours[:, None]}, batch_size=100,
                      epochs=20, seed=0, fetches={"loss": loss})
print(f"{len(words)} words, {count} different; loss {history.history['loss'][0]:.2f} -> "
      f"{history.history['loss'][-1]:.2f}")

unit = vectors.value - vectors.value.mean(0)
unit /= np.linalg.norm(unit, axis=1, keepdims=True)
right = 0
for group in ANIMALS, FOODS, PLACES, PEOPLE:
    for word in group:
        near = [vocabulary[i] for i in np.argsort(-unit @ unit[number[word]])[1:4]]
        right += sum(w in group for w in near)
        if word == group[0]:
            print(f"nearest to {word}: {', '.join(near)}")
print(f"neighbours of the word's own kind: {right / 48:.2f}")
