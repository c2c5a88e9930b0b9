import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, x):
        return self.gru(self.embedding(x))


class Decoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.Wa, self.Ua, self.Va = (nn.Linear(hidden, n) for n in (hidden, hidden, 1))
        self.cell = nn.GRUCell(2 * hidden, hidden)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, memory, h, target):
        outputs = []
        token = torch.zeros(target.size(0), dtype=torch.long)
        for t in range(target.size(1)):
            scores = self.Va(torch.tanh(self.Wa(h).unsqueeze(1) + self.Ua(memory))).squeeze(-1)
            weights = F.softmax(scores, dim=-1)
            context = torch.bmm(weights.unsqueeze(1), memory).squeeze(1)
            h = self.cell(torch.cat((self.embedding(token), context), dim=-1), h)
            outputs.append(self.out(h))
            token = target[:, t]
        return torch.stack(outputs, dim=1)


torch.manual_seed(6)
encoder, decoder = Encoder(20, 16), Decoder(20, 16)
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-2)
source = torch.randint(1, 20, (8, 6))
target = source.flip(1)
losses = []
for step in range(20):
    memory, h = encoder(source)
    logits = decoder(memory, h[0], target)
    loss = F.cross_entropy(logits.transpose(1, 2), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
