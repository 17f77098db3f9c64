package io.apexstore.encryption;

import io.apexstore.engine.encryption.KeyEncryptionKey;
import io.apexstore.engine.io.SecretFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The key-encryption keys in a file of lines: {@code #} begins a remark, any other line is a key's
 * id, a space, and the key's 32 bytes in Base64. The last is the current one.
 *
 * <p>Several stores, of several processes too, may share one: a rotation adds a line and takes none
 * away. It is the others' current key only when they are opened anew or rotate, too.
 *
 * <p><b>Threads:</b> any; rotations one at a time.
 */
final class KeyEncryptionKeyFile implements EncryptionKeyProvider {
  private static final String REMARKS =
      """
      # Keys of an ApexStore: the key-encryption keys, the last of them in use.
      # Without this file the store cannot be read by anybody. Keep a copy of it, not beside the store's.
      """;

  private final Path file;
  private volatile KeyEncryptionKeys keys;

  private KeyEncryptionKeyFile(Path file, KeyEncryptionKeys keys) {
    this.file = file;
    this.keys = keys;
  }

  static KeyEncryptionKeyFile open(Path file) {
    return new KeyEncryptionKeyFile(file, parse(file, read(file)));
  }

  static KeyEncryptionKeyFile create(Path file) {
    String text = REMARKS + line(KeyEncryptionKeys.draw());
    try {
      SecretFile.create(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw KeyEncryptionKeys.unavailable("the key file cannot be made: " + e, e);
    }
    return open(file);
  }

  private static String read(Path file) {
    try {
      return new String(SecretFile.read(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw KeyEncryptionKeys.unavailable("the key file cannot be read: " + e.getMessage(), e);
    }
  }

  private static KeyEncryptionKeys parse(Path file, String text) {
    String place = "the key file " + file;
    List<KeyEncryptionKey> keys = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int space = line.strip().indexOf(' ');
      KeyEncryptionKey key = KeyEncryptionKeys.parse(line.strip().substring(space + 1), place);
      if (space < 0 || !line.strip().substring(0, space).equals(key.id())) {
        throw KeyEncryptionKeys.unavailable(
            place + ": a line is not a key's id and the key of that id", null);
      }
      keys.add(key);
    }
    if (keys.isEmpty()) {
      throw KeyEncryptionKeys.unavailable(place + " holds no key", null);
    }
    return new KeyEncryptionKeys(place, List.copyOf(keys), keys.getLast());
  }

  private static String line(byte[] key) {
    return KeyEncryptionKeys.key(key).id() + " " + Base64.getEncoder().encodeToString(key) + "\n";
  }

  @Override
  public String currentKeyId() {
    return keys.current().id();
  }

  @Override
  public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    return keys.wrap(keyId, dataKey, context);
  }

  @Override
  public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return keys.unwrap(keyId, wrapped, context);
  }

  /**
   * Adds a key; those before stay, for backups that were made with them, and so do those that
   * another process has added meanwhile.
   */
  @Override
  public synchronized void rotate() {
    String added = line(KeyEncryptionKeys.draw());
    try {
      SecretFile.change(file, before -> withLine(before, added));
    } catch (IOException e) {
      throw KeyEncryptionKeys.unavailable("the key file cannot be replaced: " + e.getMessage(), e);
    }
    keys = parse(file, read(file)).withCurrent(added.substring(0, added.indexOf(' ')));
  }

  private static byte[] withLine(byte[] before, String line) {
    String text = new String(before, StandardCharsets.UTF_8);
    return ((text.endsWith("\n") ? text : text + "\n") + line).getBytes(StandardCharsets.UTF_8);
  }
}
