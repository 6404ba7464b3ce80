"""A policy gradient, one action a run."""
import numpy as np

import fastgrad as fg

rng = np.random.default_rng(0)


class Agent:
    def __init__(self, states: int, actions: int, rate: float = 0.05) -> None:
        graph = fg.Graph()
        with graph.as_default():
            self.state = fg.placeholder(np.float32, [None, states])
            self.action = fg.placeholder(np.int32, [None])
            self.reward = fg.placeholder(np.float32, [None])
            hidden = fg.layers.dense(self.state, 16, fg.tanh)
            logits = fg.layers.dense(hidden, actions)
            self.chances = fg.nn.softmax(logits)
            entropy = fg.nn.sparse_softmax_cross_entropy_with_logits(
                labels=self.action, logits=logits)
            self.loss = fg.reduce_mean(entropy * self.reward)
            optimizer = fg.train.RMSPropOptimizer(rate)
            tvars = fg.trainable_variables()
            grads, _ = fg.clip_by_global_norm(fg.gradients(self.loss, tvars), 1.0)
            self.train = optimizer.apply_gradients(zip(grads, tvars))
        self.session = fg.Session(graph)
        self.act_on = self.session.make_callable(self.chances, [self.state])

    def act(self, state: np.ndarray) -> int:
        chances = self.act_on(state[None])[0]
        return int(rng.choice(len(chances), p=chances / chances.sum()))

    def learn(self, states: list[np.ndarray], actions: list[int], rewards: list[float]) -> float:
        loss, _ = self.session.run([self.loss, self.train], {
            self.state: np.array(states), self.action: actions, self.reward: rewards})
        return float(loss)


agent = Agent(3, 2)
states = [rng.normal(size=3).astype(np.float32) for _ in range(8)]
actions = [agent.act(s) for s in states]
print(agent.learn(states, actions, [1.0] * 8))
