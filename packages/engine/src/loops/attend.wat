;; Inner loops of attention over cached keys, on vectors of four float32. Every result follows from its own query and
;; keys alone: d is summed by position in two vectors, keys one after the other.
;;
;; All parameters are byte addresses or byte lengths; `bytes` is the length of one attention head, a multiple of 16, and
;; `places` lists, as int32, how far behind `keys` or `values` each key starts.
(module
  (import "host" "memory" (memory 1))

  ;; out[key] = sum over d of query * key
  (func (export "scores")
    (param $query i32) (param $keys i32) (param $places i32) (param $count i32) (param $bytes i32) (param $out i32)
    (local $key i32) (local $at i32) (local $pairs i32) (local $even v128) (local $odd v128)
    (local.set $pairs (i32.and (local.get $bytes) (i32.const -32)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $key (i32.add (local.get $keys) (i32.load (local.get $places))))
        (local.set $at (i32.const 0))
        (local.set $even (v128.const f32x4 0 0 0 0))
        (local.set $odd (v128.const f32x4 0 0 0 0))
        (block $summed
          (loop $pair
            (br_if $summed (i32.ge_u (local.get $at) (local.get $pairs)))
            (local.set $even (f32x4.add (local.get $even) (f32x4.mul
              (v128.load (i32.add (local.get $query) (local.get $at)))
              (v128.load (i32.add (local.get $key) (local.get $at))))))
            (local.set $odd (f32x4.add (local.get $odd) (f32x4.mul
              (v128.load offset=16 (i32.add (local.get $query) (local.get $at)))
              (v128.load offset=16 (i32.add (local.get $key) (local.get $at))))))
            (local.set $at (i32.add (local.get $at) (i32.const 32)))
            (br $pair)))
        (if (i32.ne (local.get $pairs) (local.get $bytes))
          (then (local.set $even (f32x4.add (local.get $even) (f32x4.mul
            (v128.load (i32.add (local.get $query) (local.get $at)))
            (v128.load (i32.add (local.get $key) (local.get $at))))))))
        (local.set $even (f32x4.add (local.get $even) (local.get $odd)))
        (f32.store (local.get $out) (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $even)) (f32x4.extract_lane 1 (local.get $even)))
          (f32.add (f32x4.extract_lane 2 (local.get $even)) (f32x4.extract_lane 3 (local.get $even)))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $places (i32.add (local.get $places) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))

  ;; out = sum over keys of weight * value, four vectors at a time and then one
  (func (export "sums")
    (param $weights i32) (param $values i32) (param $places i32) (param $count i32) (param $bytes i32) (param $out i32)
    (local $at i32) (local $key i32) (local $value i32) (local $weight v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (block $done
      (loop $four
        (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $bytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))
        (local.set $key (i32.const 0))
        (block $summed
          (loop $next
            (br_if $summed (i32.ge_u (local.get $key) (local.get $count)))
            (local.set $weight (v128.load32_splat (i32.add (local.get $weights) (i32.shl (local.get $key) (i32.const 2)))))
            (local.set $value (i32.add (i32.add (local.get $values) (local.get $at))
              (i32.load (i32.add (local.get $places) (i32.shl (local.get $key) (i32.const 2))))))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $weight) (v128.load (local.get $value)))))
            (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $weight) (v128.load offset=16 (local.get $value)))))
            (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $weight) (v128.load offset=32 (local.get $value)))))
            (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $weight) (v128.load offset=48 (local.get $value)))))
            (local.set $key (i32.add (local.get $key) (i32.const 1)))
            (br $next)))
        (v128.store (i32.add (local.get $out) (local.get $at)) (local.get $a))
        (v128.store offset=16 (i32.add (local.get $out) (local.get $at)) (local.get $b))
        (v128.store offset=32 (i32.add (local.get $out) (local.get $at)) (local.get $c))
        (v128.store offset=48 (i32.add (local.get $out) (local.get $at)) (local.get $d))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $four)))
    (block $finished
      (loop $one
        (br_if $finished (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $key (i32.const 0))
        (block $summed
          (loop $next
            (br_if $summed (i32.ge_u (local.get $key) (local.get $count)))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul
              (v128.load32_splat (i32.add (local.get $weights) (i32.shl (local.get $key) (i32.const 2))))
              (v128.load (i32.add (i32.add (local.get $values) (local.get $at))
                (i32.load (i32.add (local.get $places) (i32.shl (local.get $key) (i32.const 2)))))))))
            (local.set $key (i32.add (local.get $key) (i32.const 1)))
            (br $next)))
        (v128.store (i32.add (local.get $out) (local.get $at)) (local.get $a))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $one)))))
