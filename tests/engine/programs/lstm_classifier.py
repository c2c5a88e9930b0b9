import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16, padding_idx=0)
        self.lstm = nn.LSTM(16, 20, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(40, 2)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.fc(torch.cat([h[-2], h[-1]], dim=1))


torch.manual_seed(4)
lengths = torch.tensor([5, 9, 3, 7, 8, 4])
x = pad_sequence([torch.randint(1, 50, (int(n),)) for n in lengths], batch_first=True)
y = torch.tensor([0, 1, 0, 1, 1, 0])
model = Classifier()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-2)
losses = []
for step in range(20):
    loss = nn.CrossEntropyLoss()(model(x, lengths), y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
