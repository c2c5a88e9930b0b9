"""`import torch` means Backlight, where a program asks for it."""

from .torch_alias import install

__all__ = ["install"]
