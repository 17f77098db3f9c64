package io.apexstore.engine.manifest;

/**
 * Says that at some time some version was the newest.
 *
 * @param timeMs ms since the epoch
 * @param version the newest version that readers saw
 */
public record TimeMark(long timeMs, long version) {
  @Override
  public String toString() {
    return "version " + version + " at " + timeMs + " ms";
  }
}
