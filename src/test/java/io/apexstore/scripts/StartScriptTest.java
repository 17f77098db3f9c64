package io.apexstore.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code scripts/apexstore} builds if it must, and only then, and passes all arguments on. */
@DisabledOnOs(OS.WINDOWS)
@Tag("process")
class StartScriptTest {

  private static final String BUILDING = "apexstore: building";

  private static final String CREATING_THE_CACHE = "apexstore: creating the startup cache";

  /** A JVM that writes a cache to the file given with its flag. */
  private static final String RECORDS =
      "for a in \"$@\"; do case $a in -XX:AOTCacheOutput=*) echo x >\"${a#*=}\"; esac; done; ";

  private static final String PRINTS = "echo \"in $PWD\"; for a in \"$@\"; do echo \"<$a>\"; done";

  @TempDir Path folder;
  private Path root;
  private Map<String, String> environment;

  @BeforeEach
  void layOutARepository() throws IOException {
    root = folder.resolve("a repository");
    copyTree(Path.of("scripts"), root.resolve("scripts"));
    write(root.resolve("pom.xml"), "<project/>");
    write(root.resolve("src/main/java/A.java"), "class A {}");
    write(root.resolve("webroot/index.html"), "<p>");
    age(root.resolve("webroot/index.html"));
    age(root.resolve("webroot"));
    age(root.resolve("pom.xml"));
    age(root.resolve("src/main/java/A.java"));
    age(root.resolve("src/main/java"));
    age(root.resolve("src/main"));

    Path jdk = folder.resolve("jdk");
    program(jdk.resolve("bin/javac"), "exit 1");
    jvm("");
    write(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    maven("mkdir -p target/lib target/classes && : > target/apexstore.jar");

    environment = new HashMap<>();
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("HOME", folder.toString());
    environment.put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
  }

  @Test
  void theFirstStartBuildsAndTheNextOneDoesNot() throws Exception {
    assertTrue(start().output().contains(BUILDING));
    assertFalse(start().output().contains(BUILDING));
  }

  @Test
  void argumentsAndTheCallersFolderReachTheProgram() throws Exception {
    Shell.Outcome outcome = start("serve", "--name", "two words", "*");
    assertEquals(0, outcome.exit());
    assertTrue(outcome.output().contains("in " + folder.toRealPath()), outcome.output());
    assertTrue(
        outcome.output().endsWith("<serve>\n<--name>\n<two words>\n<*>\n"), outcome.output());
    assertTrue(outcome.output().contains("<-Dapexstore.home=" + root.toRealPath() + ">"));
  }

  @Test
  void aProgramRunsInTheCallersDirectoryWithTheLibrary() throws Exception {
    Shell.Outcome outcome =
        Shell.run(
            folder, environment, root.resolve("scripts/run").toString(), "Example.java", "a b");
    assertEquals(0, outcome.exit(), outcome.output());
    assertTrue(outcome.output().contains(BUILDING), outcome.output());
    assertTrue(outcome.output().contains("in " + folder.toRealPath() + "\n"), outcome.output());
    Path jar = root.toRealPath().resolve("target/apexstore.jar");
    assertTrue(outcome.output().contains("<" + jar + ":"), outcome.output());
    assertTrue(outcome.output().endsWith("<Example.java>\n<a b>\n"), outcome.output());
  }

  @Test
  void aSymbolicLinkToTheScriptWorks() throws Exception {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, root.resolve("scripts/apexstore"));
    Shell.Outcome outcome = Shell.run(folder, environment, link.toString(), "serve");
    assertTrue(outcome.output().endsWith("<serve>\n"), outcome.output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"src/main/java/A.java", "webroot/index.html"})
  void aChangedSourceIsBuiltAgain(String source) throws Exception {
    start();
    Files.setLastModifiedTime(
        root.resolve(source), FileTime.from(Instant.now().plus(Duration.ofSeconds(5))));
    assertTrue(start().output().contains(BUILDING));
  }

  @Test
  void theCacheIsCreatedOnceAndUsed() throws Exception {
    jvm(RECORDS);
    assertTrue(start("serve").output().contains(CREATING_THE_CACHE));
    Shell.Outcome next = start("serve");
    assertFalse(next.output().contains(CREATING_THE_CACHE), next.output());
    String cache = root.toRealPath().resolve("target/apexstore.aot").toString();
    assertTrue(next.output().contains("<-XX:AOTCache=" + cache + ">\n<-Xlog:aot=off>"));
    assertEquals(List.of(), leftovers());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "verify", "serve-other"})
  void onlyAServerIsWorthTheCreationOfTheCache(String command) throws Exception {
    jvm(RECORDS);
    Shell.Outcome outcome = start(command);
    assertFalse(outcome.output().contains(CREATING_THE_CACHE), outcome.output());
    assertTrue(start("serve").output().contains(CREATING_THE_CACHE));
    assertTrue(start(command).output().contains("-XX:AOTCache="));
  }

  @ParameterizedTest
  @ValueSource(strings = {"target/apexstore.jar", "target/lib/a.jar"})
  void aJarReplacedByOneOfTheSameSizeAndAgeMakesTheCacheStale(String jar) throws Exception {
    maven(
        "mkdir -p target/lib target/classes"
            + " && echo 1 > target/apexstore.jar && echo 1 > target/lib/a.jar");
    jvm(RECORDS);
    start();
    FileTime made = Files.getLastModifiedTime(root.resolve(jar));
    write(root.resolve(jar), "2\n");
    Files.setLastModifiedTime(root.resolve(jar), made);
    assertTrue(start().output().contains(CREATING_THE_CACHE));
    assertFalse(start().output().contains(CREATING_THE_CACHE));
  }

  @Test
  void aCacheIsNotUsedIfAJarWasReplacedDuringTheTraining() throws Exception {
    jvm(RECORDS + "[[ \"$*\" != *TrainingRun ]] || echo 2 > '" + root + "/target/apexstore.jar'; ");
    Shell.Outcome outcome = start("serve");
    assertTrue(outcome.output().contains(CREATING_THE_CACHE), outcome.output());
    assertFalse(outcome.output().contains("-XX:AOTCache="), outcome.output());
    assertTrue(start("serve").output().contains(CREATING_THE_CACHE));
  }

  @Test
  void aStaleCacheThatCannotBeCreatedAgainIsNotUsed() throws Exception {
    jvm(RECORDS);
    start();
    write(root.resolve("target/apexstore.jar"), "another");
    program(folder.resolve("bin/mktemp"), "exit 1");
    Shell.Outcome outcome = start("serve");
    assertEquals(0, outcome.exit());
    assertFalse(outcome.output().contains("-XX:AOTCache="), outcome.output());
  }

  @Test
  void theCacheIsSyncedBeforeItIsRenamedAndTheRenameBeforeItIsUsed() throws Exception {
    jvm(RECORDS);
    program(
        folder.resolve("bin/sync"),
        "cd '"
            + root
            + "'/target; echo ${1##*/} $(ls -A | grep aot$) $(ls -A | grep built-for) >> log");
    start();
    assertEquals(
        List.of("apexstore.aot", "target apexstore.aot"),
        Files.readAllLines(root.resolve("target/log")));
    assertTrue(Files.exists(root.resolve("target/.aot-built-for")));
  }

  @Test
  void anInterruptedTrainingLeavesNoCache() throws Exception {
    jvm(RECORDS + "[[ \"$*\" != *TrainingRun ]] || kill -9 $$; ");
    Shell.Outcome outcome = start("serve");
    assertEquals(0, outcome.exit());
    assertFalse(outcome.output().contains("-XX:AOTCache="), outcome.output());
    assertFalse(Files.exists(root.resolve("target/apexstore.aot")));
    assertEquals(List.of(), leftovers());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mktemp", "stat", "sync"})
  void aFailureToCreateTheCacheDoesNotPreventTheStart(String program) throws Exception {
    start();
    write(root.resolve("target/apexstore.jar"), "another");
    jvm(RECORDS);
    program(folder.resolve("bin").resolve(program), "exit 1");
    Shell.Outcome outcome = start("serve");
    assertEquals(0, outcome.exit(), outcome.output());
    assertTrue(outcome.output().endsWith("<serve>\n"), outcome.output());
    assertFalse(outcome.output().contains("-XX:AOTCache="), outcome.output());
  }

  @Test
  void twoStartsAtOnceWithoutALockBothGoOn() throws Exception {
    start();
    write(root.resolve("target/apexstore.jar"), "another");
    program(folder.resolve("bin/flock"), "exit 1");
    Path other = folder.resolve("other");
    jvm(
        RECORDS
            + "if [[ \"$*\" == *TrainingRun && ! -e "
            + other
            + " ]]; then '"
            + root
            + "/scripts/apexstore' serve second > "
            + other
            + "; fi; ");
    Shell.Outcome first = start("serve", "first");
    assertEquals(0, first.exit(), first.output());
    assertTrue(first.output().endsWith("<first>\n"), first.output());
    assertTrue(Files.readString(other).endsWith("<second>\n"), first.output());
    assertEquals(List.of(), leftovers());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Xshare:off",
        "-Xmx1g -XX:SharedArchiveFile=/tmp/a.jsa",
        "-XX:SharedClassListFile=/tmp/a.list",
        "-XX:DumpLoadedClassList=/tmp/a.list",
        "-XX:AOTCacheOutput=/tmp/a.aot",
        "-XX:AOTCache=/tmp/a.aot"
      })
  void withFlagsThatTheJvmAcceptsOnlyWithoutACacheNoneIsUsed(String flags) throws Exception {
    jvm(RECORDS);
    start();
    String ours = "<-Xlog:aot=off>";
    assertTrue(start("serve").output().contains(ours));
    for (String name : List.of("APEXSTORE_JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")) {
      environment.put(name, flags);
      assertFalse(start("serve").output().contains(ours), name);
      environment.put(name, "-Xmx1g");
      assertTrue(start("serve").output().contains(ours), name);
      environment.remove(name);
    }
  }

  /** The files that training runs left in the build directory. */
  private List<String> leftovers() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("target"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("training"))
          .toList();
    }
  }

  @Test
  void anotherJdkAndAnotherJarMakeTheCacheStale() throws Exception {
    jvm(RECORDS);
    start();
    write(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.2\"\n");
    assertTrue(start().output().contains(CREATING_THE_CACHE));
    assertFalse(start().output().contains(CREATING_THE_CACHE));
    Files.setLastModifiedTime(
        root.resolve("target/apexstore.jar"),
        FileTime.from(Instant.now().plus(Duration.ofSeconds(5))));
    assertTrue(start().output().contains(CREATING_THE_CACHE));
  }

  @Test
  void withoutACacheTheStartPrintsOneLineAndContinues() throws Exception {
    Shell.Outcome outcome = start("serve");
    assertEquals(0, outcome.exit());
    assertEquals(
        1, outcome.output().lines().filter(line -> line.contains("could not be created")).count());
    assertFalse(outcome.output().contains("<-XX:AOTCache="), outcome.output());
    assertTrue(outcome.output().endsWith("<serve>\n"), outcome.output());
    assertFalse(start("serve").output().contains("could not be created"));
  }

  @Test
  void theCacheCanBeTurnedOff() throws Exception {
    jvm(RECORDS);
    environment.put("APEXSTORE_AOT", "off");
    assertFalse(start("serve").output().contains(CREATING_THE_CACHE));
    environment.remove("APEXSTORE_AOT");
    start("serve");
    environment.put("APEXSTORE_AOT", "off");
    assertFalse(start("serve").output().contains("AOTCache"));
  }

  @Test
  void aFailedBuildEndsTheStartAndTheNextOneBuildsAgain() throws Exception {
    maven("echo 'it does not compile'; exit 1");
    Shell.Outcome failed = start("serve");
    assertEquals(1, failed.exit());
    assertTrue(failed.output().contains("it does not compile\n"), failed.output());
    assertTrue(failed.output().endsWith("see the lines above\n"), failed.output());
    layOutARepository();
    assertTrue(start().output().contains(BUILDING));
  }

  @Test
  void anInterruptedBuildIsRepeatedFromTheSources() throws Exception {
    maven(
        "mkdir -p target/lib target/classes && : > target/apexstore.jar"
            + " && : > target/classes/Half.class && kill -9 $$");
    assertEquals(1, start().exit());
    assertTrue(Files.exists(root.resolve("target/classes/Half.class")));
    layOutARepository();
    Shell.Outcome next = start();
    assertTrue(next.output().contains(BUILDING), next.output());
    assertEquals(0, next.exit());
    assertFalse(Files.exists(root.resolve("target/classes/Half.class")));
    assertFalse(start().output().contains(BUILDING));
  }

  @Test
  void withoutMavenTheStartSaysWhatToInstall() throws Exception {
    Files.delete(folder.resolve("bin/mvn"));
    Shell.Outcome outcome =
        Shell.run(
            folder,
            environment,
            "-c",
            "ROOT='"
                + root
                + "'; source \"$ROOT/scripts/lib/java.sh\";"
                + " maven_candidates() { :; }; find_maven");
    assertEquals(1, outcome.exit());
    assertTrue(outcome.output().contains("apt-get install maven"), outcome.output());
  }

  @Test
  void anOldJdkIsPassedOver() throws Exception {
    Path old = folder.resolve("old");
    program(old.resolve("bin/javac"), "exit 1");
    program(old.resolve("bin/java"), "exit 1");
    write(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    Path runtimeOnly = folder.resolve("runtime");
    program(runtimeOnly.resolve("bin/java"), "exit 1");
    write(runtimeOnly.resolve("release"), "JAVA_VERSION=\"25\"\n");
    Shell.Outcome outcome =
        findJdk(old.toString(), runtimeOnly.toString(), folder.resolve("jdk").toString());
    assertEquals("found " + folder.resolve("jdk") + "\n", outcome.output());
  }

  @Test
  void withoutAJdkTheStartSaysInOneLineWhatToInstall() throws Exception {
    Shell.Outcome outcome = findJdk(folder.toString());
    assertEquals(1, outcome.exit());
    assertTrue(outcome.output().contains("no JDK 25 or newer found; install one"));
    assertEquals(1, outcome.output().lines().count());
  }

  private Shell.Outcome findJdk(String... homes) throws Exception {
    String list = String.join("' '", homes);
    return Shell.run(
        folder,
        environment,
        "-c",
        "ROOT='"
            + root
            + "'; source \"$ROOT/scripts/lib/java.sh\";"
            + " jdk_homes() { printf '%s\\n' '"
            + list
            + "'; };"
            + " find_jdk; echo \"found $JAVA_HOME\"");
  }

  private Shell.Outcome start() throws Exception {
    return start("serve");
  }

  private Shell.Outcome start(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = root.resolve("scripts/apexstore").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return Shell.run(folder, environment, command);
  }

  /**
   * Installs a JVM that runs these commands and then prints its working directory and arguments.
   */
  private void jvm(String does) throws IOException {
    program(folder.resolve("jdk/bin/java"), does + PRINTS);
  }

  private void maven(String does) throws IOException {
    program(folder.resolve("bin/mvn"), does);
  }

  private static void program(Path file, String does) throws IOException {
    write(file, "#!/usr/bin/env bash\n" + does + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void age(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else if (!Files.exists(target)) {
          Files.copy(path, target);
        }
      }
    }
  }
}
