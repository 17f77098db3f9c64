package io.apexstore.bench;

import java.util.Locale;

/**
 * What a workload shall reach.
 *
 * @param kind what is bounded, and from which side
 * @param bound the bound, in the unit of what is bounded
 */
public record Goal(Kind kind, double bound) {
  /** What is bounded, and from which side. */
  public enum Kind {
    /** Ours divided by the peer's is at least the bound. */
    RATIO_AT_LEAST,
    /** Ours divided by the peer's is at most the bound. */
    RATIO_AT_MOST,
    /** Ours is at most the bound, whatever the peer's. */
    OURS_AT_MOST,
    /** Ours is at least the bound, whatever the peer's. */
    OURS_AT_LEAST
  }

  static Goal ratioAtLeast(double bound) {
    return new Goal(Kind.RATIO_AT_LEAST, bound);
  }

  static Goal ratioAtMost(double bound) {
    return new Goal(Kind.RATIO_AT_MOST, bound);
  }

  static Goal oursAtMost(double bound) {
    return new Goal(Kind.OURS_AT_MOST, bound);
  }

  static Goal oursAtLeast(double bound) {
    return new Goal(Kind.OURS_AT_LEAST, bound);
  }

  /** Whether these figures reach it. */
  public boolean isMet(double ours, double ratio) {
    return switch (kind) {
      case RATIO_AT_LEAST -> ratio >= bound;
      case RATIO_AT_MOST -> ratio <= bound;
      case OURS_AT_MOST -> ours <= bound;
      case OURS_AT_LEAST -> ours >= bound;
    };
  }

  /** Returns it in a few signs, such as {@code ≥ 3 ×}. */
  public String text(String unit) {
    String number = String.format(Locale.ROOT, bound == Math.rint(bound) ? "%.0f" : "%.2f", bound);
    return switch (kind) {
      case RATIO_AT_LEAST -> "≥ " + number + " ×";
      case RATIO_AT_MOST -> "≤ " + number + " ×";
      case OURS_AT_MOST -> "ours ≤ " + number + " " + unit;
      case OURS_AT_LEAST -> "ours ≥ " + number + " " + unit;
    };
  }
}
