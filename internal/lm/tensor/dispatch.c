#include <stddef.h>

#include "kernels.h"

// Tables that this processor can run, fastest first; filled before main.
static const kernel_table *available[4];
static int count;
static const kernel_table *active;

__attribute__((constructor)) static void detect(void)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		available[count++] = &kernels_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		available[count++] = &kernels_avx2;
#endif
#if defined(__aarch64__)
	available[count++] = &kernels_neon;
#endif
	available[count++] = &kernels_portable;
	active = available[0];
}

int isa_count(void) { return count; }

const char *isa_name(int i) { return available[i]->name; }

void isa_use(int i) { active = available[i]; }

#define STUB(name, params, args) \
	void k_##name params { active->name args; }
KERNELS(STUB)
