import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(11)
policy = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
means = torch.tensor([0.1, 0.9, 0.4])
losses = []
for episode in range(20):
    saved, rewards = [], []
    state = torch.eye(3)[episode % 3]
    for _ in range(5):
        m = Categorical(logits=policy(state))
        action = m.sample()
        saved.append(m.log_prob(action))
        rewards.append(means[action].item())
        state = torch.eye(3)[action]
    returns, R = [], 0.0
    for r in rewards[::-1]:
        R = r + 0.9 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-5)
    loss = torch.stack([-p * R for p, R in zip(saved, returns)]).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
