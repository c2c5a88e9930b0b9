"""`torch.backends`: what a program asks or sets on its way to a device.

Only CUDA can be there, through CuPy. Settings of cuDNN are kept and mean nothing: CuPy's kernels
are what they are.
"""

from __future__ import annotations

from types import SimpleNamespace

from .. import backend

cuda = SimpleNamespace(is_built=backend.cuda_is_available, is_available=backend.cuda_is_available)
mps = SimpleNamespace(is_built=lambda: False, is_available=lambda: False)
cudnn = SimpleNamespace(
    is_available=lambda: False, enabled=False, benchmark=False, deterministic=False
)
