package io.apexstore.engine.commit;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A group of which some commits may be refused: those that are made, and the others.
 *
 * <p><b>Threads:</b> the leader.
 */
final class GroupSplit {
  private @Nullable Commit made;
  private @Nullable Commit refused;

  GroupSplit(Commit group) {
    made = group;
  }

  /** Takes out the commits that were refused; returns the others, or null. */
  @Nullable Commit cut() {
    Commit c = made;
    Commit lastMade = null;
    Commit lastRefused = null;
    made = null;
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
        if (lastMade == null) {
          made = c;
        } else {
          lastMade.next = c;
        }
        lastMade = c;
      }
      c = after;
    }
    return made;
  }

  /** Returns one list of both. */
  Commit all() {
    Commit rest = refused;
    refused = null;
    if (made == null) {
      made = Objects.requireNonNull(rest);
      return made;
    }
    Commit last = made;
    while (last.next != null) {
      last = last.next;
    }
    last.next = rest;
    return made;
  }
}
