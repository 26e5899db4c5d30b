# The addon: a plain C++17 library, its inner loops once for each instruction set, and a thin Node-API layer over it.
{
  "variables": {
    "simd_flags": ["-std=c++17", "-O3", "-fPIC", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off", "-fvisibility=hidden",
                   "-Wall", "-Wextra", "-Wno-psabi", "-Wno-maybe-uninitialized", "-Wno-unused-function"],
    # Nothing where the compiler is too old for it: the loops that need it are then left out.
    "bfloat16_flags": ["<!@(${CXX:-c++} -mavx512bf16 -x c++ -E /dev/null >/dev/null 2>&1 && echo -mavx512bf16 || true)"],
  },
  "target_defaults": {
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
    "cflags_cc": ["-std=c++17", "-O3", "-fPIC", "-fexceptions", "-ffp-contract=off", "-fvisibility=hidden", "-Wall", "-Wextra",
                  "-Wno-psabi", "-pthread"],
    "include_dirs": ["library"],
  },
  "targets": [
    {
      "target_name": "simd_scalar",
      "type": "static_library",
      "sources": ["library/simd/table.cc"],
      "defines": ["FT_ISA_SCALAR"],
      "cflags_cc!": ["-fexceptions"],
      "cflags_cc": ["<@(simd_flags)"],
    },
    {
      "target_name": "foretoken",
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('library').filter((f) => f.endsWith('.cc')).map((f) => 'library/' + f).join(' ')\")",
        "<!@(node -p \"require('fs').readdirSync('addon').filter((f) => f.endsWith('.cc')).map((f) => 'addon/' + f).join(' ')\")",
      ],
      "dependencies": ["simd_scalar"],
      "ldflags": ["-pthread"],
      "conditions": [
        ["target_arch=='x64'", {"dependencies": ["simd_avx2", "simd_avx512", "simd_avx512_bfloat16"]}],
        ["target_arch=='arm64'", {"dependencies": ["simd_neon"]}],
      ],
    },
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "simd_avx2",
          "type": "static_library",
          "sources": ["library/simd/table.cc"],
          "defines": ["FT_ISA_AVX2"],
          "cflags_cc!": ["-fexceptions"],
          "cflags_cc": ["<@(simd_flags)", "-mavx2", "-mfma"],
        },
        {
          "target_name": "simd_avx512",
          "type": "static_library",
          "sources": ["library/simd/table.cc"],
          "defines": ["FT_ISA_AVX512"],
          "cflags_cc!": ["-fexceptions"],
          "cflags_cc": ["<@(simd_flags)", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"],
        },
        {
          "target_name": "simd_avx512_bfloat16",
          "type": "static_library",
          "sources": ["library/simd/bfloat16.cc"],
          "defines": ["FT_ISA_AVX512", "FT_BFLOAT16"],
          "cflags_cc!": ["-fexceptions"],
          "cflags_cc": ["<@(simd_flags)", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "<@(bfloat16_flags)"],
        },
      ],
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "simd_neon",
          "type": "static_library",
          "sources": ["library/simd/table.cc"],
          "defines": ["FT_ISA_NEON"],
          "cflags_cc!": ["-fexceptions"],
          "cflags_cc": ["<@(simd_flags)"],
        },
      ],
    }],
  ],
}
