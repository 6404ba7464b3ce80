"""REINFORCE on a pole on a cart, with the environment in this file.

The physics is Barto, Sutton and Anderson's (1983). A policy of 16 hidden units learns from whole
episodes: actions that led to longer balancing than usual become likelier.
"""

import numpy as np

import fastgrad as fg

GRAVITY, CART, POLE, HALF, FORCE, TAU = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
LIMIT = 200


def move(state, action):
    """The state after one push to the left (0) or right (1)."""
    position, speed, angle, turning = state
    force = FORCE if action else -FORCE
    push = (force + POLE * HALF * turning**2 * np.sin(angle)) / (CART + POLE)
    twist = (GRAVITY * np.sin(angle) - np.cos(angle) * push) / (
        HALF * (4 / 3 - POLE * np.cos(angle) ** 2 / (CART + POLE)))
    pull = push - POLE * HALF * twist * np.cos(angle) / (CART + POLE)
    return np.array([position + TAU * speed, speed + TAU * pull,
                     angle + TAU * turning, turning + TAU * twist])


fg.set_random_seed(0)
rng = np.random.default_rng(0)
seen = fg.placeholder(fg.float32, [None, 4], name="states")
taken = fg.placeholder(fg.int64, [None], name="actions")
worth = fg.placeholder(fg.float32, [None], name="returns")
hidden = fg.layers.dense(seen, 16, activation=fg.nn.tanh)
logits = fg.layers.dense(hidden, 2)
surprise = fg.nn.sparse_softmax_cross_entropy_with_logits(labels=taken, logits=logits)
learn = fg.train.AdamOptimizer(0.02).minimize(fg.reduce_mean(worth * surprise))
session = fg.Session()
policy = session.make_callable(fg.nn.softmax(logits), [seen])


def episode():
    """States and actions until the pole falls or the time is up."""
    state, states, actions = rng.uniform(-0.05, 0.05, 4), [], []
    while len(states) < LIMIT and abs(state[0]) < 2.4 and abs(state[2]) < 0.21:
        chance = policy(state[None].astype(np.float32))[0, 1]
        states.append(state)
        actions.append(int(rng.random() < chance))
        state = move(state, actions[-1])
    return states, actions


lengths = []
for update in range(40):
    states, actions, returns = [], [], []
    for _ in range(8):
        s, a = episode()
        states += s
        actions += a
        returns += [(1 - 0.98**n) / 0.02 for n in range(len(s), 0, -1)]     # discounted steps to go
        lengths.append(len(s))
    advantage = (np.array(returns) - np.mean(returns)) / (np.std(returns) + 1e-6)
    session.run(learn, {seen: np.array(states, np.float32), taken: actions,
                        worth: advantage.astype(np.float32)})
    if update % 8 == 0:
        print(f"update {update:2d}  steps upright {np.mean(lengths[-8:]):.0f}")
print(f"first 8 episodes: {np.mean(lengths[:8]):.0f} steps")
print(f"last 8 episodes: {np.mean(lengths[-8:]):.0f}")
