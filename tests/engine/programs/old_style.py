import numpy as np
import torch
import torch.nn.functional as F
from torch.autograd import Variable

torch.manual_seed(31)
x = Variable(torch.linspace(-1, 1, 50).view(50, 1))
y = Variable(x.data.pow(2) + 0.1 * torch.rand(x.size()))


class Net(torch.nn.Module):
    def __init__(self, n_feature, n_hidden, n_output):
        super(Net, self).__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.predict = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = torch.tanh(self.hidden(x))
        return self.predict(x)


net = Net(1, 10, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
loss_func = torch.nn.MSELoss()
losses = []
for t in range(20):
    prediction = net(x)
    loss = loss_func(prediction, y)
    optimizer.zero_grad()
    loss.backward()
    for p in net.parameters():
        p.grad.data.clamp_(-1, 1)
    optimizer.step()
    losses.append(float(loss.data.numpy()))
assert isinstance(prediction.data.numpy(), np.ndarray)
