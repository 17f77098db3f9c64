package io.apexstore.manual;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A Java snippet of the manual. A snippet with a {@code main} is a program. Any other snippet is
 * the body of one that has opened a {@code store} and imports the packages of the API.
 *
 * @param source the snippet's text
 */
record Snippet(String source) {

  private static final String NAME = "Example";
  private static final long PATIENCE_S = 60;

  /**
   * The result of a program.
   *
   * @param exit its exit code
   * @param output its standard output
   * @param errors its standard error
   */
  record Outcome(int exit, String output, String errors) {}

  /** The program of the snippet. */
  String program() {
    if (source.contains("void main(")) {
      return source;
    }
    return """
    import io.apexstore.*;
    import io.apexstore.encryption.*;
    import io.apexstore.error.*;
    import io.apexstore.options.*;
    import io.apexstore.stats.*;

    void main() throws Exception {
      try (ApexStore store = ApexStore.open(Path.of("data"))) {
    %s  }
    }
    """
        .formatted(source.indent(4));
  }

  /**
   * Compiles the program and runs it in its own JVM, without flags.
   *
   * @param folder an empty directory, in which the program runs
   * @param classPath the class path of the program
   */
  Outcome run(Path folder, String classPath) throws IOException, InterruptedException {
    Path classes = Files.createDirectories(folder.resolve("classes"));
    compile(folder, classes, classPath);
    Path errors = folder.resolve("errors.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                classes + System.getProperty("path.separator") + classPath,
                NAME)
            .directory(folder.toFile())
            .redirectError(errors.toFile())
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running after " + PATIENCE_S + " s:\n" + program());
    }
    return new Outcome(process.exitValue(), output, Files.readString(errors));
  }

  private void compile(Path folder, Path classes, String classPath) throws IOException {
    Path file = Files.writeString(folder.resolve(NAME + ".java"), program());
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-d", classes.toString(), "-cp", classPath, "-proc:none", "-Werror");
      boolean compiled =
          compiler
              .getTask(messages, files, null, options, null, files.getJavaFileObjects(file))
              .call();
      if (!compiled) {
        throw new AssertionError("does not compile:\n" + messages + "\n" + program());
      }
    }
  }
}
