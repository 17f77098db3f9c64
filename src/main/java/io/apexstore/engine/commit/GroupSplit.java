package io.apexstore.engine.commit;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A group of commits some of which may be refused, as two lists: the admitted and the refused ones.
 *
 * <p><b>Threads:</b> the leader.
 */
final class GroupSplit {
  private @Nullable Commit admitted;
  private @Nullable Commit refused;

  GroupSplit(Commit group) {
    admitted = group;
  }

  /** Removes the commits that were refused; returns the others, or null. */
  @Nullable Commit cut() {
    Commit c = admitted;
    Commit lastAdmitted = null;
    Commit lastRefused = null;
    admitted = null;
    while (c != null) {
      Commit after = c.next;
      c.next = null;
      if (c.isRefused()) {
        if (lastRefused == null) {
          refused = c;
        } else {
          lastRefused.next = c;
        }
        lastRefused = c;
      } else {
        if (lastAdmitted == null) {
          admitted = c;
        } else {
          lastAdmitted.next = c;
        }
        lastAdmitted = c;
      }
      c = after;
    }
    return admitted;
  }

  /** Joins both lists, the refused commits last. */
  Commit all() {
    Commit rest = refused;
    refused = null;
    if (admitted == null) {
      admitted = Objects.requireNonNull(rest);
      return admitted;
    }
    Commit last = admitted;
    while (last.next != null) {
      last = last.next;
    }
    last.next = rest;
    return admitted;
  }
}
