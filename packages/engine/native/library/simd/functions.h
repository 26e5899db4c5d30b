// Elementary functions on vectors. Each is one formula of additions, multiplications and fma, so that all instruction sets with
// fma agree to the bit.
#pragma once
#include "vector.h"

namespace {

/// Those of tfjs.
constexpr float kSeluScaleAlpha = 1.7580993408473768599402175208123f;
constexpr float kSeluScale = 1.0507009873554804934193349852946f;

inline Vf absolute(Vf x) { return (Vf)((Vi)x & 0x7fffffff); }

/// |y| with the sign of x.
inline Vf with_sign(Vf x, Vf y) { return (Vf)(((Vi)y & 0x7fffffff) | ((Vi)x & (Vi)splat(-0.0f))); }

/// The nearest integer, halves to even: adding 2^23 leaves no room for a fraction.
inline Vf rounded(Vf x) {
  const Vf shifter = with_sign(x, splat(8388608.0f));
  return select(absolute(x) < splat(8388608.0f), (x + shifter) - shifter, x);
}

/// ln x to one unit in the last place; -infinity of 0, NaN below it.
inline Vf logarithm(Vf x) {
  const Vi is_small = x < splat(1.17549435e-38f);
  const Vi bits = (Vi)select(is_small, x * splat(8388608.0f), x);
  // x = 2^e (1 + m) with 1 + m in [sqrt(1/2), sqrt(2)).
  Vi exponent = ((bits >> 23) & 0xff) - 126 - (is_small & 23);
  Vf m = (Vf)((bits & 0x007fffff) | 0x3f000000);
  const Vi is_low = m < splat(0.707106781186547524f);
  exponent += is_low;
  m = select(is_low, m + m, m) - splat(1.0f);
  // Cephes' polynomial of (ln(1 + m) - m + m^2 / 2) / m^3.
  Vf p = splat(7.0376836292e-2f);
  p = fma(p, m, splat(-1.1514610310e-1f));
  p = fma(p, m, splat(1.1676998740e-1f));
  p = fma(p, m, splat(-1.2420140846e-1f));
  p = fma(p, m, splat(1.4249322787e-1f));
  p = fma(p, m, splat(-1.6668057665e-1f));
  p = fma(p, m, splat(2.0000714765e-1f));
  p = fma(p, m, splat(-2.4999993993e-1f));
  p = fma(p, m, splat(3.3333331174e-1f));
  const Vf e = __builtin_convertvector(exponent, Vf);
  const Vf square = m * m;
  Vf y = fma(e, splat(-2.12194440e-4f), p * m * square);
  y = fma(square, splat(-0.5f), y);
  y = fma(e, splat(0.693359375f), m + y);
  const Vf infinity = splat(__builtin_inff());
  const Vf bounded = select(x == infinity, x, select(x == splat(0.0f), -infinity, y));
  return select(x >= splat(0.0f), bounded, splat(__builtin_nanf("")));
}

/// ln(1 + x): the rounding error of 1 + x is divided out again.
inline Vf logarithm_of_one_plus(Vf x) {
  const Vf one = splat(1.0f);
  const Vf sum = one + x;
  const Vf y = logarithm(sum) * (x / (sum - one));
  const Vf bounded = select(sum == one, x, y);
  return select(sum == splat(__builtin_inff()), sum, bounded);
}

/// e^x - 1 for x <= 60, exact in relative terms around 0 too.
inline Vf exponential_minus_one_to_60(Vf x) {
  const Vf clipped = select(x < splat(-20.0f), splat(-20.0f), select(x > splat(60.0f), splat(60.0f), x));
  // As `exponential`, but 1 is taken away before 2^n is multiplied in: 2^n (e^r - 1) + (2^n - 1).
  const Vf shifter = splat(12582912.0f);
  const Vf n = fma(clipped, splat(1.44269504088896341f), shifter) - shifter;
  Vf r = fma(n, splat(-0.693359375f), clipped);
  r = fma(n, splat(2.12194440e-4f), r);
  Vf p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  const Vf power = (Vf)((__builtin_convertvector(n, Vi) + 127) << 23);
  const Vf y = fma(power, fma(p * r, r, r), power - splat(1.0f));
  return select(x == x, y, x);
}

/// e^x - 1 for any x; beyond 60 the 1 does not show.
inline Vf exponential_minus_one(Vf x) { return select(x > splat(60.0f), exponential(x), exponential_minus_one_to_60(x)); }

/// tanh x = (1 - e^-2|x|) / (1 + e^-2|x|), with the sign of x.
inline Vf tangent_hyperbolic(Vf x) {
  const Vf e = exponential_minus_one_to_60(absolute(x) * splat(-2.0f));
  return select(x == x, with_sign(x, -e / (e + splat(2.0f))), x);
}

/// erf x by Eigen's rational approximation on [-4, 4], beyond which it is 1 in float32.
inline Vf error_function(Vf x) {
  const Vf four = splat(4.0f);
  const Vf v = select(x > four, four, select(x < -four, -four, x));
  const Vf square = v * v;
  Vf p = splat(-2.72614225801306e-10f);
  p = fma(p, square, splat(2.77068142495902e-08f));
  p = fma(p, square, splat(-2.10102402082508e-06f));
  p = fma(p, square, splat(-5.69250639462346e-05f));
  p = fma(p, square, splat(-7.34990630326855e-04f));
  p = fma(p, square, splat(-2.95459980854025e-03f));
  p = fma(p, square, splat(-1.60960333262415e-02f));
  Vf q = splat(-1.45660718464996e-05f);
  q = fma(q, square, splat(-2.13374055278905e-04f));
  q = fma(q, square, splat(-1.68282697438203e-03f));
  q = fma(q, square, splat(-7.37332916720468e-03f));
  q = fma(q, square, splat(-1.42647390514189e-02f));
  return v * p / q;
}

}  // namespace
