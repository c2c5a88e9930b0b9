import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(20)
sentence = "we are about to study the idea of a computational process we are about to learn".split()
vocab = {w: i for i, w in enumerate(sorted(set(sentence)))}
pairs = [
    (vocab[sentence[i]], vocab[sentence[j]])
    for i in range(len(sentence))
    for j in range(max(0, i - 2), min(len(sentence), i + 3))
    if i != j
]
centre, context = (torch.tensor(column) for column in zip(*pairs))
inside, outside = nn.Embedding(len(vocab), 8), nn.Embedding(len(vocab), 8)
nn.init.uniform_(inside.weight, -0.5, 0.5)
optimizer = torch.optim.SGD([*inside.parameters(), *outside.parameters()], lr=0.5)
losses = []
for step in range(20):
    negatives = torch.randint(0, len(vocab), (len(pairs), 4))
    v = inside(centre)
    good = (v * outside(context)).sum(1)
    bad = torch.einsum("nd,nkd->nk", v, outside(negatives))
    loss = -(F.logsigmoid(good) + F.logsigmoid(-bad).sum(1)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
