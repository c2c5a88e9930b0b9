import random
from collections import deque

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(10)
random.seed(10)
policy, target = (nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Linear(24, 3)) for _ in range(2))
target.load_state_dict(policy.state_dict())
target.eval()
memory = deque(maxlen=200)
optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-2, amsgrad=True)


def move(state, action):
    position, speed = state
    speed = max(-1.0, min(1.0, speed + 0.1 * (action - 1)))
    position = max(-1.0, min(1.0, position + 0.1 * speed))
    return (position, speed), -abs(position - 0.5)


state, losses = (0.0, 0.0), []
for step in range(60):
    with torch.no_grad():
        values = policy(torch.tensor(state))
    action = random.randrange(3) if random.random() < 0.5 else int(values.argmax())
    after, reward = move(state, action)
    memory.append((state, action, after, reward))
    state = after
    if len(memory) < 40:
        continue
    batch = random.sample(memory, 16)
    s, a, n, r = (torch.tensor(column) for column in zip(*batch))
    q = policy(s).gather(1, a.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = target(n).max(1).values
    loss = F.smooth_l1_loss(q, r + 0.9 * best)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy.parameters(), 100)
    optimizer.step()
    for slow, fast in zip(target.parameters(), policy.parameters()):
        slow.data.copy_(0.05 * fast.data + 0.95 * slow.data)
    losses.append(loss.item())
