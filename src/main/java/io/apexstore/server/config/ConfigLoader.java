package io.apexstore.server.config;

import io.apexstore.engine.base.UnicodeText;
import io.apexstore.error.FileErrors;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Loads the configuration from its sources: defaults, the file, {@code .env}, the environment, and
 * the command line. A later source overrides an earlier one.
 *
 * <p>An unknown name in the file, in {@code .env} or on the command line is an error, because it
 * can only be meant for this program. In the environment it may be meant for another program, and
 * is ignored.
 */
public final class ConfigLoader {
  private static final String COMMAND_LINE = "command line";
  private static final String DOT_ENV = ".env";

  private final Consumer<String> notices;
  private final EnumMap<Option, ServerConfig.Setting> settings = new EnumMap<>(Option.class);

  private ConfigLoader(Consumer<String> notices) {
    this.notices = notices;
  }

  /**
   * The sources of the configuration.
   *
   * @param workingDirectory the directory of {@code .env} and of relative file names, searched
   *     first for {@code conf/apexstore.json}
   * @param programDirectory the directory of the program, searched next for {@code
   *     conf/apexstore.json}; may be the same
   * @param configFile the configuration file, or null for {@code conf/apexstore.json} if it exists
   * @param environment the environment of the process
   * @param commandLine the flags without their dashes, and their values
   */
  public record Sources(
      Path workingDirectory,
      Path programDirectory,
      @Nullable Path configFile,
      Map<String, String> environment,
      Map<String, String> commandLine) {}

  /**
   * Loads the configuration.
   *
   * @param notices receives one line for the operator for each name that is old or has no effect
   * @throws ConfigException if the configuration cannot be used
   */
  public static ServerConfig load(Sources sources, Consumer<String> notices) {
    ConfigLoader loader = new ConfigLoader(notices);
    for (Option option : Option.values()) {
      loader.set(option, option.defaultText(), ServerConfig.DEFAULT);
    }
    loader.loadFile(sources);
    loader.loadDotEnv(sources.workingDirectory().resolve(DOT_ENV));
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
      loadFile(sources.workingDirectory().resolve(named), named.toString());
      return;
    }
    for (Path directory : List.of(sources.workingDirectory(), sources.programDirectory())) {
      Path file = directory.resolve("conf").resolve("apexstore.json");
      if (Files.isRegularFile(file)) {
        loadFile(file, "conf/apexstore.json");
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
      loadEnvironment(DotEnv.parse(read(file), DOT_ENV), DOT_ENV);
    }
  }

  private void loadEnvironment(List<Assignment> given, String source) {
    for (Assignment assignment : given) {
      String name = assignment.name();
      String value = assignment.value();
      Optional<Option> option = Option.ofEnvironmentName(name);
      Option renamed = ForeignOptions.renamed(name);
      boolean known = option.isPresent() || renamed != null || ForeignOptions.notSupported(name);
      if (!known && source.equals(DOT_ENV)) {
        throw unknown(name, source);
      }
      if (value.isEmpty()) {
        continue; // a compose file passes variables on that are not set
      }
      if (option.isPresent()) {
        set(option.get(), value, source);
      } else if (renamed != null) {
        setRenamed(name, renamed, value, source);
      } else if (ForeignOptions.requestsProtection(name, value)) {
        throw ForeignOptions.notSupported(name, value, source);
      } else if (ForeignOptions.notSupported(name)) {
        notices.accept(name + " (" + source + ") has no effect: this version does not support it");
      }
    }
  }

  /** Sets an option from the command line, which every process of the machine can read. */
  private void setFlag(String written, String value) {
    Optional<Option> option = Option.ofEnvironmentName(upperCase(written));
    if (option.isPresent() && option.get().secret()) {
      throw new ConfigException(
          option.get().name()
              + ": not allowed on the command line, which other users can read; set "
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

  /** Returns the error for a name that is not an option. */
  public static ConfigException unknown(String written, String source) {
    Function<Option, String> name =
        switch (source) {
          case COMMAND_LINE -> Option::flag;
          case DOT_ENV -> Option::environmentName;
          default -> Option::fileKey;
        };
    String names = Arrays.stream(Option.values()).map(name).collect(Collectors.joining(", "));
    return new ConfigException(
        "unknown option: given \"" + written + "\" (" + source + "), allowed: " + names);
  }

  private static String read(Path file) {
    try {
      return UnicodeText.decodeFile(Files.readAllBytes(file));
    } catch (CharacterCodingException e) {
      throw new ConfigException(file + ": given a file in another encoding, allowed: UTF-8");
    } catch (IOException e) {
      throw new ConfigException(file + " cannot be read: " + FileErrors.reason(e));
    }
  }
}
