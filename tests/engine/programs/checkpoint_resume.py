import io

import torch
import torch.nn as nn

torch.manual_seed(32)
x, y = torch.randn(32, 4), torch.randn(32, 2)


def build():
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    return model, torch.optim.Adam(model.parameters(), lr=1e-2)


def train(model, optimizer, steps):
    found = []
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


model, optimizer = build()
losses = train(model, optimizer, 10)
kept = io.BytesIO()
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": 10}, kept)
kept.seek(0)
state = torch.load(kept)
model, optimizer = build()
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
losses += train(model, optimizer, state["step"])
