import math

import torch
import torch.nn as nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=50):
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, d_model)
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[: x.size(1)]


torch.manual_seed(29)
embed, positions = nn.Embedding(40, 16), PositionalEncoding(16)
layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
encoder, head = nn.TransformerEncoder(layer, 2), nn.Linear(16, 3)
params = [p for m in (embed, encoder, head) for p in m.parameters()]
optimizer = torch.optim.AdamW(params, lr=3e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=20)
x, y = torch.randint(1, 40, (8, 10)), torch.randint(0, 3, (8,))
x[:, 7:] = 0
losses = []
for step in range(20):
    h = encoder(positions(embed(x) * 4.0), src_key_padding_mask=x == 0)
    loss = nn.functional.cross_entropy(head(h.mean(1)), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())
