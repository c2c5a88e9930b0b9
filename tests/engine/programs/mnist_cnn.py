import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout1 = nn.Dropout(0.0)
        self.fc1 = nn.Linear(16 * 5 * 5, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=1)


torch.manual_seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = Net().to(device)
optimizer = optim.Adadelta(model.parameters(), lr=0.3)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
data, target = torch.randn(64, 1, 14, 14), torch.randint(0, 10, (64,))
losses = []
model.train()
for step in range(20):
    optimizer.zero_grad()
    loss = F.nll_loss(model(data.to(device)), target.to(device))
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
scheduler.step()
