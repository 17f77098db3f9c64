package io.apexstore.bench.pause;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * A recording of the long waits that the JVM knows: collections, safepoints, parks, monitors, syncs
 * and writes of some milliseconds.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class FlightEvents {
  private static final Duration SHORTEST = Duration.ofMillis(3);
  private static final List<String> OF_ALL_THREADS =
      List.of("jdk.GCPhasePause", "jdk.ExecuteVMOperation", "jdk.SafepointStateSynchronization");
  private static final List<String> OF_ONE_THREAD =
      List.of(
          "jdk.ThreadPark",
          "jdk.JavaMonitorEnter",
          "jdk.JavaMonitorWait",
          "jdk.ThreadSleep",
          "jdk.FileForce",
          "jdk.FileWrite",
          "jdk.FileRead");

  /**
   * An event that lasted for a while.
   *
   * @param from when it began
   * @param to when it ended
   * @param what the kind of the event, and its place in the code
   * @param thread its thread; empty if it stopped all threads
   */
  record Event(Instant from, Instant to, String what, Optional<String> thread) {
    /** The overlap with another period, in ns. */
    long common(Instant otherFrom, Instant otherTo) {
      Instant begin = from.isAfter(otherFrom) ? from : otherFrom;
      Instant end = to.isBefore(otherTo) ? to : otherTo;
      return begin.isBefore(end) ? Duration.between(begin, end).toNanos() : 0;
    }
  }

  private final Recording recording = new Recording();

  FlightEvents() {
    for (String name : OF_ALL_THREADS) {
      recording.enable(name).withThreshold(SHORTEST);
    }
    for (String name : OF_ONE_THREAD) {
      recording.enable(name).withThreshold(SHORTEST).withStackTrace();
    }
    recording.start();
  }

  /** Ends the recording and returns its events. */
  List<Event> stop() throws IOException {
    Path file = Files.createTempFile("bench-pauses", ".jfr");
    try {
      recording.stop();
      recording.dump(file);
      recording.close();
      List<Event> events = new ArrayList<>();
      for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
        String name = event.getEventType().getName();
        if (OF_ALL_THREADS.contains(name)) {
          events.add(of(event, title(event), Optional.empty()));
        } else if (OF_ONE_THREAD.contains(name)) {
          RecordedThread thread = event.getThread();
          events.add(
              of(
                  event,
                  title(event) + place(event),
                  Optional.ofNullable(thread == null ? null : thread.getJavaName())));
        }
      }
      return events;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static Event of(RecordedEvent event, String what, Optional<String> thread) {
    return new Event(event.getStartTime(), event.getEndTime(), what, thread);
  }

  private static String title(RecordedEvent event) {
    String name = event.getEventType().getName().substring("jdk.".length());
    for (String field : List.of("operation", "name")) {
      if (event.hasField(field)) {
        return name + " " + event.getString(field);
      }
    }
    return name;
  }

  /** The first three methods outside the JDK, innermost first. */
  private static String place(RecordedEvent event) {
    if (event.getStackTrace() == null) {
      return "";
    }
    List<String> frames = new ArrayList<>();
    for (RecordedFrame frame : event.getStackTrace().getFrames()) {
      RecordedMethod method = frame.getMethod();
      RecordedClass owner = method.getType();
      if (!owner.getName().startsWith("java") && !owner.getName().startsWith("jdk")) {
        String name = owner.getName();
        frames.add(name.substring(name.lastIndexOf('.') + 1) + "." + method.getName());
      }
      if (frames.size() == 3) {
        break;
      }
    }
    return frames.isEmpty() ? "" : " in " + String.join(" < ", frames);
  }
}
