package io.apexstore.bench.job;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of child JVMs with the class path and the flags of this JVM. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * Returns the start of a command line: the java program, the flags of this JVM except those of
   * heap and collector, the given flags, and the class path.
   */
  public static List<String> command(List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!flag.startsWith("-Xm") && !flag.matches("-XX:\\+Use\\w*GC")) {
        command.add(flag);
      }
    }
    command.addAll(flags);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    return command;
  }
}
