package io.apexstore.bench;

import java.util.Locale;

/**
 * A goal of a workload.
 *
 * @param kind the bounded figure, and whether the bound is an upper or a lower one
 * @param bound the bound, in the unit of the bounded figure
 */
public record Goal(Kind kind, double bound) {
  /** The bounded figure, and whether the bound is an upper or a lower one. */
  public enum Kind {
    /** Ours divided by the peer's is at least the bound. */
    RATIO_AT_LEAST,
    /** Ours divided by the peer's is at most the bound. */
    RATIO_AT_MOST,
    /** Ours is at most the bound; the peer's does not matter. */
    OURS_AT_MOST,
    /** Ours is at least the bound; the peer's does not matter. */
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

  /** Whether these figures meet the goal. */
  public boolean isMet(double ours, double ratio) {
    return switch (kind) {
      case RATIO_AT_LEAST -> ratio >= bound;
      case RATIO_AT_MOST -> ratio <= bound;
      case OURS_AT_MOST -> ours <= bound;
      case OURS_AT_LEAST -> ours >= bound;
    };
  }

  /** Returns the goal as short text, such as {@code ≥ 3 ×}. */
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
