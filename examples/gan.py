"""A generator and a discriminator of one-dimensional normal numbers, mean 4, deviation 0.5.

The generator sees the data only through the discriminator's opinion of what it makes.
"""

import numpy as np

import fastgrad as fg

fg.set_random_seed(1)
rng = np.random.default_rng(0)
BATCH, STEPS = 128, 2500
real = fg.placeholder(fg.float32, [BATCH, 1], name="real")


def generator(noise):
    """Numbers made of noise."""
    with fg.variable_scope("generator"):
        hidden = fg.layers.dense(noise, 16, activation=fg.nn.tanh, name="hidden")
        return fg.layers.dense(hidden, 1, name="out")


def discriminator(numbers):
    """How sure it is that the numbers are real, as logits; the same weights at each call."""
    with fg.variable_scope("discriminator", reuse=fg.AUTO_REUSE):
        hidden = fg.layers.dense(numbers, 32, activation=fg.nn.leaky_relu, name="one")
        hidden = fg.layers.dense(hidden, 32, activation=fg.nn.leaky_relu, name="two")
        return fg.layers.dense(hidden, 1, name="out")


def against(logits, truth):
    """The mean cross entropy where all labels are `truth`."""
    labels = fg.fill([BATCH, 1], np.float32(truth))
    return fg.reduce_mean(fg.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


made = generator(fg.random_normal([BATCH, 4]))
says_real, says_made = discriminator(real), discriminator(made)
names = "generator", "discriminator"
mine, theirs = (fg.get_collection(fg.GraphKeys.TRAINABLE_VARIABLES, scope=n) for n in names)
judge = fg.train.AdamOptimizer(0.002, beta1=0.5).minimize(
    against(says_real, 0.9) + against(says_made, 0), var_list=theirs)
forge = fg.train.AdamOptimizer(0.001, beta1=0.5).minimize(against(says_made, 1), var_list=mine)

session = fg.Session()
judging = session.make_callable(judge, [real])
forging = session.make_callable(forge)
means, deviations = [], []
for step in range(STEPS):
    judging(rng.normal(4, 0.5, (BATCH, 1)).astype(np.float32))
    forging()
    if step % 20 == 0:
        numbers = session.run(made)
        means.append(numbers.mean())
        deviations.append(numbers.std())
        if step % 500 == 0:
            print(f"step {step:4d}  mean {means[-1]:.2f}  deviation {deviations[-1]:.2f}")
last = slice(len(means) // 2, None)             # a game does not settle: means over its second half
print(f"deviation {np.mean(deviations[last]):.2f} (data: 0.50)")
print(f"mean {np.mean(means[last]):.2f}")
