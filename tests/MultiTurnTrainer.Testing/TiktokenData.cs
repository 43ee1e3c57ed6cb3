using System.Globalization;
using System.IO.Compression;
using System.Reflection;

namespace MultiTurnTrainer.Testing;

/// <summary>The lists of tokens inside the packages <c>Microsoft.ML.Tokenizers.Data.*</c>.</summary>
public static class TiktokenData
{
    /// <summary>Writes a list as tiktoken's own file.</summary>
    /// <param name="package">The last part of the package's name, such as <c>O200kBase</c>.</param>
    /// <param name="path">Where to.</param>
    public static void Write(string package, string path)
    {
        Assembly data = Assembly.Load($"Microsoft.ML.Tokenizers.Data.{package}");
        string name = data.GetManifestResourceNames().Single(n => n.EndsWith(".deflate", StringComparison.Ordinal));
        using Stream packed = data.GetManifestResourceStream(name)!;
        using DeflateStream unpacked = new(packed, CompressionMode.Decompress);
        using StreamReader lines = new(unpacked);
        using StreamWriter output = new(path);
        lines.ReadLine();
        // A rank is a line's number; empty lines are holes.
        for (int rank = 0; lines.ReadLine() is { } token; rank++)
        {
            if (token.Length > 0)
            {
                output.Write(string.Create(CultureInfo.InvariantCulture, $"{token} {rank}\n"));
            }
        }
    }
}
