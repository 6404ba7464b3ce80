/* Sizes of packed panels and register tiles: the kernels are built by them, and choose.py, which
 * estimates how long each kernel takes, reads this file. So a line is a name and a number, and no
 * more. WIDE is where a vector has 64 bytes (AVX-512), NARROW anywhere else.
 */
#define FG_PACK 4096            /* elements of a packed panel on the stack */
#define FG_PACK_K 256           /* the longest k that `rows` packs: a panel of 16 columns */
#define FG_SKINNY 8             /* columns that `dots` and `cols` make in one pass */

/* Rows of a tile of `tiles`, of two vectors each. */
#define FG_HIGH_WIDE 14
#define FG_HIGH_NARROW 6        /* of 16 registers 12 */

/* Vectors in a tile of `rows`, by the rows of its band; bands of 8 are made where WIDE only. */
#define FG_BAND_8 2
#define FG_BAND_4_WIDE 4
#define FG_BAND_4_NARROW 2
#define FG_BAND_2 4
#define FG_BAND_1 8
