// The whole set of kernels for the instruction set that the including file
// has chosen by ISA, W and the N_ macros. Included once per instruction set.
#include <stdint.h>
#include <string.h>

#include "kernels.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#include "lanes.h"
#include "mathf.h"
#include "elementwise_kernels.h"
#include "random_kernels.h"
#include "reduce_kernels.h"
#include "norm_kernels.h"
#include "rotary_kernels.h"
#include "loss_kernels.h"
#include "optimizer_kernels.h"
#include "gemm_kernels.h"
#include "attention_kernels.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define QUOTE_(a) #a
#define QUOTE(a) QUOTE_(a)

#define ENTRY(name, params, args) .name = name,
const kernel_table PASTE(kernels_, ISA) = {.name = QUOTE(ISA), KERNELS(ENTRY)};
