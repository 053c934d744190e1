// The kernels in C alone, for processors without fused multiply-add and as
// the yardstick of the others: fmaf rounds once on every machine.
#define ISA portable
#define W 4
#define TILE_ROWS 4
#define TILE_VECTORS 2

#include "kernel_body.h"
