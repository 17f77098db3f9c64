package io.apexstore.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Puts the configuration together: defaults, then the file, then {@code .env}, then the
 * environment, then the command line; what comes later wins.
 *
 * <p>An unknown name ends the start where it can only be meant for us, in the file and on the
 * command line. In {@code .env} and in the environment it may be another program's.
 */
public final class ConfigLoader {
  private static final String COMMAND_LINE = "command line";

  private final Consumer<String> notices;
  private final EnumMap<Option, ServerConfig.Setting> settings = new EnumMap<>(Option.class);

  private ConfigLoader(Consumer<String> notices) {
    this.notices = notices;
  }

  /**
   * Where values come from.
   *
   * @param folder relative names of files are looked up here
   * @param home the program's folder, where {@code conf/apexstore.json} is looked up next; may be
   *     the same
   * @param configFile the file that was named, or null for {@code conf/apexstore.json} if there is
   *     one
   * @param environment the process's environment
   * @param commandLine flags without their dashes, with their values
   */
  public record Sources(
      Path folder,
      Path home,
      @Nullable Path configFile,
      Map<String, String> environment,
      Map<String, String> commandLine) {}

  /**
   * Loads the configuration.
   *
   * @param notices takes lines that the operator should see and that do not end the start
   * @throws ConfigException if the start must end
   */
  public static ServerConfig load(Sources sources, Consumer<String> notices) {
    ConfigLoader loader = new ConfigLoader(notices);
    for (Option option : Option.values()) {
      loader.set(option, option.defaultText(), ServerConfig.DEFAULT);
    }
    loader.loadFile(sources);
    loader.loadDotEnv(sources.folder().resolve(".env"));
    loader.loadEnvironment(
        sources.environment().entrySet().stream()
            .map(entry -> new Assignment(entry.getKey(), entry.getValue()))
            .toList(),
        "environment");
    sources.commandLine().forEach(loader::setFlag);
    return new ServerConfig(loader.settings);
  }

  private void loadFile(Sources sources) {
    Path named = sources.configFile();
    if (named != null) {
      loadFile(sources.folder().resolve(named), named.toString());
      return;
    }
    for (Path folder : List.of(sources.folder(), sources.home())) {
      Path usual = folder.resolve("conf").resolve("apexstore.json");
      if (Files.isRegularFile(usual)) {
        loadFile(usual, "conf/apexstore.json");
        return;
      }
    }
  }

  private void loadFile(Path file, String source) {
    for (Assignment given : ConfigFile.parse(read(file), source)) {
      setStrictly(given.name(), given.value(), source);
    }
  }

  private void loadDotEnv(Path file) {
    if (Files.isRegularFile(file)) {
      loadEnvironment(DotEnv.parse(read(file), ".env"), ".env");
    }
  }

  private void loadEnvironment(List<Assignment> given, String source) {
    for (Assignment assignment : given) {
      String name = assignment.name();
      String value = assignment.value();
      if (value.isEmpty()) {
        continue; // Compose files hand on variables that are not set.
      }
      Optional<Option> option = Option.ofEnvironmentName(name);
      Option renamed = ForeignOptions.renamed(name);
      if (option.isPresent()) {
        set(option.get(), value, source);
      } else if (renamed != null) {
        setRenamed(name, renamed, value, source);
      } else if (ForeignOptions.asksForProtection(name, value)) {
        throw ForeignOptions.notSupported(name, value, source);
      } else if (ForeignOptions.notSupported(name)) {
        notices.accept(name + " (" + source + ") has no effect: this version does not support it");
      }
    }
  }

  /** Sets what the command line says, which every process of the machine can read. */
  private void setFlag(String written, String value) {
    Optional<Option> option = Option.ofEnvironmentName(upperCase(written));
    if (option.isPresent() && option.get().secret()) {
      throw new ConfigException(
          option.get().name()
              + ": not allowed on the command line, which others can read; set "
              + option.get().name()
              + " in the environment, or ENCRYPTION_KEY_FILE to a file of mode 0600");
    }
    setStrictly(written, value, COMMAND_LINE);
  }

  private static String upperCase(String written) {
    return written.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private void setStrictly(String written, String value, String source) {
    String name = upperCase(written);
    Optional<Option> option = Option.ofEnvironmentName(name);
    Option renamed = ForeignOptions.renamed(name);
    if (option.isPresent()) {
      set(option.get(), value, source);
    } else if (renamed != null) {
      setRenamed(name, renamed, value, source);
    } else if (ForeignOptions.notSupported(name)) {
      throw ForeignOptions.notSupported(name, value, source);
    } else {
      throw unknown(written, source);
    }
  }

  private void setRenamed(String oldName, Option option, String value, String source) {
    notices.accept(oldName + " (" + source + ") is now called " + option.name());
    set(option, value, source);
  }

  private void set(Option option, String text, String source) {
    Object value = option.parse(text, source);
    settings.put(option, new ServerConfig.Setting(text.strip(), value, source));
  }

  /** Returns the complaint about a name that is no option's. */
  public static ConfigException unknown(String written, String source) {
    boolean flag = source.equals(COMMAND_LINE);
    String names =
        Arrays.stream(Option.values())
            .map(option -> flag ? option.flag() : option.fileKey())
            .collect(Collectors.joining(", "));
    return new ConfigException(
        "unknown option: given \"" + written + "\" (" + source + "), allowed: " + names);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ConfigException(file + " cannot be read: " + e.getClass().getSimpleName());
    }
  }
}
