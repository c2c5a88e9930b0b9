"""A small GPT

What do four blocks of attention learn from five sonnets? Letters first, then words.
"""

# expect: final <= 2.4
import torch
import torch.nn.functional as F
from torch import nn
from backlight.data import sonnets

torch.manual_seed(0)
text = sonnets()
letters = sorted(set(text))
code = {letter: i for i, letter in enumerate(letters)}
data = torch.tensor([code[letter] for letter in text])
context, width, heads, depth = 32, 32, 4, 4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def attend(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, heads, C // heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) / (C // heads) ** 0.5
        scores = scores.masked_fill(future[:T, :T], float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        return self.out(y.transpose(1, 2).reshape(B, T, C))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(len(letters), width)
        self.place = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block() for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, len(letters))

    def forward(self, i):
        x = self.token(i) + self.place(torch.arange(i.shape[1]))
        return self.head(self.norm(self.blocks(x)))


future = torch.ones(context, context, dtype=torch.bool).triu(1)
net = GPT()
opt = torch.optim.AdamW(net.parameters(), lr=4e-3)

final = 0.0
for step in range(200):
    start = torch.randint(len(data) - context, (8, 1)) + torch.arange(context)
    loss = F.cross_entropy(net(data[start]).flatten(0, 1), data[start + 1].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    final += loss.item() / 20 if step >= 180 else 0
    if step % 20 == 0:
        print(f"{step:4d}  loss {loss:.3f}")

with torch.no_grad():
    line = [code["S"]]
    for _ in range(80):
        chances = F.softmax(net(torch.tensor([line[-context:]]))[0, -1] / 0.7, dim=-1)
        line.append(torch.multinomial(chances, 1).item())
print("".join(letters[i] for i in line))
