package io.apexstore.architecture;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Rules on source files. Each method returns one line for each violation. */
final class SourceRules {

  private static final Pattern UNFINISHED = Pattern.compile("\\b(TODO|FIXME|XXX|HACK)\\b");

  private final Path sources;

  /**
   * @param sources the directory of the root packages
   */
  SourceRules(Path sources) {
    this.sources = sources;
  }

  /** Packages without a package-info.java that describes them and marks them null-safe. */
  List<String> undescribedPackages() throws IOException {
    Set<Path> packages = new TreeSet<>();
    for (Path file : files()) {
      packages.add(sources.resolve(file).getParent());
    }
    List<String> findings = new ArrayList<>();
    for (Path folder : packages) {
      Path info = folder.resolve("package-info.java");
      String text = Files.exists(info) ? Files.readString(info) : "";
      if (!text.contains("@NullMarked")) {
        findings.add(sources.relativize(folder) + ": no @NullMarked package-info.java");
      } else if (!text.stripLeading().startsWith("/**")) {
        findings.add(sources.relativize(folder) + ": its package-info.java has no comment");
      }
    }
    return findings;
  }

  /**
   * Simple names that several source files of these trees share. Nested types do not count: their
   * enclosing type qualifies them.
   */
  static List<String> repeatedNames(List<Path> trees) throws IOException {
    Map<String, List<Path>> filesByName = new TreeMap<>();
    for (Path tree : trees) {
      for (Path file : new SourceRules(tree).files()) {
        String name = String.valueOf(file.getFileName());
        if (!name.equals("package-info.java")) {
          filesByName.computeIfAbsent(name, key -> new ArrayList<>()).add(tree.resolve(file));
        }
      }
    }
    return filesByName.entrySet().stream()
        .filter(entry -> entry.getValue().size() > 1)
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .toList();
  }

  /** Comments that mark unfinished work. */
  List<String> unfinished() throws IOException {
    List<String> findings = new ArrayList<>();
    for (Path file : files()) {
      List<String> lines = lines(file);
      for (int i = 0; i < lines.size(); i++) {
        if (UNFINISHED.matcher(lines.get(i)).find()) {
          findings.add(file + ":" + (i + 1) + ": " + lines.get(i).strip());
        }
      }
    }
    return findings;
  }

  /** Types, methods and fields that are visible in other packages and have no comment. */
  List<String> undocumented() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> findings = new ArrayList<>();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<Path> paths = files().stream().map(sources::resolve).toList();
      var units = manager.getJavaFileObjectsFromPaths(paths);
      var task =
          (JavacTask) compiler.getTask(null, manager, null, List.of("-proc:none"), null, units);
      DocTrees docs = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        TreePath top = new TreePath(unit);
        for (Tree type : unit.getTypeDecls()) {
          if (type instanceof ClassTree tree) {
            visit(docs, new TreePath(top, tree), tree, false, findings);
          }
        }
      }
    }
    return findings;
  }

  private void visit(
      DocTrees docs, TreePath path, ClassTree type, boolean inInterface, List<String> findings) {
    if (!isVisible(type.getModifiers(), inInterface)) {
      return;
    }
    require(docs, path, type.getSimpleName().toString(), findings);
    boolean isInterface =
        type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
    for (Tree member : type.getMembers()) {
      TreePath memberPath = new TreePath(path, member);
      switch (member) {
        case ClassTree nested -> visit(docs, memberPath, nested, isInterface, findings);
        case MethodTree method when isVisible(method.getModifiers(), isInterface) -> {
          if (!isOverride(method) && !isCompactConstructor(type, method)) {
            require(docs, memberPath, type.getSimpleName() + "." + method.getName(), findings);
          }
        }
        case VariableTree field when isVisible(field.getModifiers(), isInterface) ->
            require(docs, memberPath, type.getSimpleName() + "." + field.getName(), findings);
        default -> {}
      }
    }
  }

  private void require(DocTrees docs, TreePath path, String name, List<String> findings) {
    String comment = docs.getDocComment(path);
    if (comment == null || comment.isBlank()) {
      CompilationUnitTree unit = path.getCompilationUnit();
      long position = docs.getSourcePositions().getStartPosition(unit, path.getLeaf());
      Path file = sources.toAbsolutePath().relativize(Path.of(unit.getSourceFile().toUri()));
      findings.add(
          file + ":" + unit.getLineMap().getLineNumber(position) + ": " + name + " has no comment");
    }
  }

  private static boolean isVisible(ModifiersTree modifiers, boolean inInterface) {
    Set<Modifier> flags = modifiers.getFlags();
    if (inInterface) {
      return !flags.contains(Modifier.PRIVATE);
    }
    return flags.contains(Modifier.PUBLIC) || flags.contains(Modifier.PROTECTED);
  }

  private static boolean isOverride(MethodTree method) {
    return method.getModifiers().getAnnotations().stream()
        .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
  }

  /** The comment of a record describes its constructor as well. */
  private static boolean isCompactConstructor(ClassTree type, MethodTree method) {
    return type.getKind() == Tree.Kind.RECORD && method.getReturnType() == null;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> paths = Files.walk(sources)) {
      return paths
          .filter(path -> path.toString().endsWith(".java"))
          .map(sources::relativize)
          .sorted()
          .toList();
    }
  }

  private List<String> lines(Path file) {
    try {
      return Files.readAllLines(sources.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
