// Dropout masks from a counter-based generator: the number of an element
// depends on the key and the element's index alone.

// mix is a bijection of 32 bits: xor-shifts and odd multipliers, applied
// twice with the two halves of a key by random_bits.
FORCE vu mix(vu x)
{
	UNROLL_PIECES for (int i = 0; i < PIECES; i++) {
		vnu a = x.p[i];
		a ^= a >> 16;
		a *= 0x7feb352dU;
		a ^= a >> 15;
		a *= 0x846ca68bU;
		a ^= a >> 16;
		x.p[i] = a;
	}
	return x;
}

typedef struct { vu k0, k1; } mask_key;

FORCE vu vu_set(uint32_t x) { vu r; EACH(vnu, (vnu){0} + x); return r; }

// mask_key_at folds the upper half of an index into the key, so that streams
// longer than 2^32 do not repeat.
FORCE mask_key mask_key_at(uint64_t key0, uint64_t key1, uint64_t index)
{
	uint32_t high = (uint32_t)(index >> 32);
	uint32_t a = (uint32_t)key0 ^ (uint32_t)(key0 >> 32) * 0x9e3779b9U;
	uint32_t b = (uint32_t)key1 ^ (uint32_t)(key1 >> 32) * 0x85ebca6bU;
	return (mask_key){vu_set(a + high * 0xc2b2ae35U), vu_set(b ^ high * 0x27d4eb2fU)};
}

// random_bits gives the 32-bit numbers of 16 neighbouring indices.
FORCE vu random_bits(mask_key k, uint32_t index)
{
	static const uint32_t lane[LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	vu x;
	UNROLL_PIECES for (int i = 0; i < PIECES; i++) {
		vnu l;
		memcpy(&l, lane + i * W, sizeof l);
		x.p[i] = (l + index) ^ k.k0.p[i];
	}
	x = mix(x);
	UNROLL_PIECES for (int i = 0; i < PIECES; i++)
		x.p[i] += k.k1.p[i];
	return mix(x);
}

// kept_scale is 1/(1-p) in lanes that are kept and 0 in those dropped, where
// threshold is p·2^32.
FORCE vf kept_scale(vu bits, vu threshold, vf inverse)
{
	vf r;
	EACH(vn, (vni)inverse.p[i] & (vni)(bits.p[i] >= threshold.p[i]));
	return r;
}

FORCE uint32_t drop_threshold(float p) { return (uint32_t)((double)p * 4294967296.0); }

// dropout handles the elements at..at+n-1 of a tensor; the pointers are those
// of the first of them. at is a multiple of 16.
static void dropout(float *dst, const float *x, const float *residual, float p, uint64_t key0, uint64_t key1, int64_t at, int64_t n)
{
	const vu threshold = vu_set(drop_threshold(p));
	const vf inverse = v_set(1.0f / (1.0f - p));
	for (int64_t i = 0; i < n; i += LANES) {
		mask_key k = mask_key_at(key0, key1, (uint64_t)(at + i));
		vf y = v_mul(v_load_some(x + i, n - i), kept_scale(random_bits(k, (uint32_t)(at + i)), threshold, inverse));
		if (residual)
			y = v_add(y, v_load_some(residual + i, n - i));
		v_store_some(dst + i, y, n - i);
	}
}
