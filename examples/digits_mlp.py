"""Handwritten digits

A network of three layers learns 1,437 real images and reads 360 that it has never seen.
"""

# expect: accuracy >= 0.97
import torch
from torch import nn
import torch.nn.functional as F
from backlight.data import digits

torch.manual_seed(0)
x, y, x_val, y_val = digits()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 10)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        h = F.relu(self.fc2(h))
        return self.fc3(h)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

for step in range(500):
    i = torch.randint(len(x), (64,))
    loss = F.cross_entropy(net(x[i]), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        with torch.no_grad():
            val = F.cross_entropy(net(x_val), y_val)
        print(f"{step:4d}  loss {loss:.3f}  val {val:.3f}")

with torch.no_grad():
    accuracy = (net(x_val).argmax(1) == y_val).float().mean().item()
print(f"{accuracy:.1%} of {len(x_val)} held-out images read right")
