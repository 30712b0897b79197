//! The rounds of the vector files: a message in each 32-bit lane of a register.

/// Sixteen rounds (FIPS 180-4, 6.2.2) with a `round!` and an `add` of the including file. Between
/// two rounds stands the word that the second takes in: the rotations of the schedule, which few
/// units can do, mix with the additions of the rounds.
macro_rules! sixteen_rounds {
    ($state:ident, $w:ident, $k:expr, $word:ident) => {
        let k: &[u32; 16] = $k;
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = $state;
        round!(a b c d e f g h, $word!($w, 0), k[0]);
        round!(h a b c d e f g, $word!($w, 1), k[1]);
        round!(g h a b c d e f, $word!($w, 2), k[2]);
        round!(f g h a b c d e, $word!($w, 3), k[3]);
        round!(e f g h a b c d, $word!($w, 4), k[4]);
        round!(d e f g h a b c, $word!($w, 5), k[5]);
        round!(c d e f g h a b, $word!($w, 6), k[6]);
        round!(b c d e f g h a, $word!($w, 7), k[7]);
        round!(a b c d e f g h, $word!($w, 8), k[8]);
        round!(h a b c d e f g, $word!($w, 9), k[9]);
        round!(g h a b c d e f, $word!($w, 10), k[10]);
        round!(f g h a b c d e, $word!($w, 11), k[11]);
        round!(e f g h a b c d, $word!($w, 12), k[12]);
        round!(d e f g h a b c, $word!($w, 13), k[13]);
        round!(c d e f g h a b, $word!($w, 14), k[14]);
        round!(b c d e f g h a, $word!($w, 15), k[15]);
        $state = [a, b, c, d, e, f, g, h];
    };
}

/// Word `$i` of the block.
macro_rules! given_word {
    ($w:ident, $i:literal) => {
        $w[$i]
    };
}

/// Word `$i` of the next sixteen rounds, in the place of the one sixteen before.
macro_rules! next_word {
    ($w:ident, $i:literal) => {{
        let small0 = small_sigma0($w[($i + 1) % 16]);
        let small1 = small_sigma1($w[($i + 14) % 16]);
        $w[$i] = add(add($w[$i], small0), add($w[($i + 9) % 16], small1));
        $w[$i]
    }};
}

/// One round; `$w` is the word and `$k` the constant of it.
macro_rules! round {
    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $w:expr, $k:expr) => {
        let wk = add($w, broadcast($k));
        let t1 = add(add($h, wk), add(big_sigma1($e), choose($e, $f, $g)));
        $d = add($d, t1);
        $h = add(t1, add(big_sigma0($a), majority($a, $b, $c)));
    };
}

/// A block of each lane into the state of each lane.
macro_rules! compress {
    ($state:ident, $w:ident) => {
        let before = *$state;
        let mut now = before;
        let (k, _) = K.as_chunks::<16>();
        sixteen_rounds!(now, $w, &k[0], given_word);
        for k in &k[1..] {
            sixteen_rounds!(now, $w, k, next_word);
        }
        for (word, (now, before)) in $state.iter_mut().zip(now.into_iter().zip(before)) {
            *word = add(now, before);
        }
    };
}

pub(super) use {compress, given_word, next_word, round, sixteen_rounds};
