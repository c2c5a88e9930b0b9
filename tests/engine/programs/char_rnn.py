import torch
import torch.nn as nn

text = "the quick brown fox jumps over the lazy dog and runs away from the quick brown dog "
chars = sorted(set(text))
codes = torch.tensor([chars.index(c) for c in text])


class CharRNN(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocab, 12)
        self.rnn = nn.RNN(12, hidden, num_layers=2, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, x, h=None):
        y, h = self.rnn(self.embed(x), h)
        return self.out(y), h


torch.manual_seed(3)
model = CharRNN(len(chars), 24)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
hidden, losses = None, []
for step in range(20):
    start = (step * 7) % (len(text) - 21)
    x, y = codes[start : start + 20][None], codes[start + 1 : start + 21][None]
    logits, hidden = model(x, hidden)
    hidden = hidden.detach()
    loss = nn.functional.cross_entropy(logits.view(-1, len(chars)), y.view(-1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
