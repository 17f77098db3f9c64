package io.apexstore.engine.manifest;

/**
 * The newest version at a point in time.
 *
 * @param timeMs the time in ms since the epoch
 * @param version the newest version that readers could see at that time
 */
public record TimeMark(long timeMs, long version) {
  @Override
  public String toString() {
    return "version " + version + " at " + timeMs + " ms";
  }
}
