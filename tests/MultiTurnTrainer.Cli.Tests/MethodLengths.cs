using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>The methods of the source that are longer than a screen.</summary>
internal static class MethodLengths
{
    /// <summary>Methods, constructors, accessors and local functions above a number of lines: <c>Room/Type.Method</c>.</summary>
    public static IEnumerable<string> FindLonger(string folder, int lines) =>
        Directory
            .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .SelectMany(path =>
                CSharpSyntaxTree
                    .ParseText(File.ReadAllText(path))
                    .GetRoot()
                    .DescendantNodes()
                    .Where(node =>
                        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
                    )
                    .Where(node => Count(node) > lines)
                    .Select(node => $"{Room(folder, path)}/{TypeOf(node)}.{NameOf(node)}")
            );

    private static int Count(SyntaxNode node)
    {
        FileLinePositionSpan span = node.SyntaxTree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string Room(string folder, string path) =>
        Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar)[0]["MultiTurnTrainer.".Length..];

    private static string? TypeOf(SyntaxNode node) =>
        node.Ancestors().OfType<TypeDeclarationSyntax>().FirstOrDefault()?.Identifier.Text;

    private static string NameOf(SyntaxNode node) =>
        node switch
        {
            MethodDeclarationSyntax method => method.Identifier.Text,
            LocalFunctionStatementSyntax function => function.Identifier.Text,
            AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
            _ => "constructor",
        };
}
