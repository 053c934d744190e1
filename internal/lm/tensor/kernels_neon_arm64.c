// The kernels for arm64: one native vector is 4 lanes; fused multiply-add is
// part of the base instruction set.
#include <arm_neon.h>

#define ISA neon
#define W 4
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define N_FMA(a, b, c) ((vn)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define N_SQRT(a) ((vn)vsqrtq_f32((float32x4_t)(a)))

#include "kernel_body.h"
