package nn

import (
	"strconv"

	"runexp/internal/lm/tensor"
)

// ActivationByName maps a checkpoint's name to the kernel; config loading has
// refused any other.
func ActivationByName(name string) tensor.Activation {
	switch name {
	case "gelu":
		return tensor.GELU
	case "gelu_new", "gelu_pytorch_tanh", "gelu_fast":
		return tensor.GELUTanh
	case "relu":
		return tensor.ReLU
	case "tanh":
		return tensor.Tanh
	case "silu", "swish":
		return tensor.SiLU
	}
	panic("nn: unknown activation " + strconv.Quote(name))
}
