namespace MultiTurnTrainer.Files;

/// <summary>SHA-256 of files and texts, as lower-case hexadecimal.</summary>
public static class ContentHash
{
    /// <summary>The hash of some bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        OpenSsl.Require();
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>The hash of a file's bytes, read as a stream.</summary>
    public static string OfFile(string path)
    {
        OpenSsl.Require();
        using FileStream stream = File.OpenRead(PipeCopies.PathOf(path));
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
