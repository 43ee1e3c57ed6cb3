namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Strings of a JSON file as UTF-8, without making a <see cref="string"/>.</summary>
internal static class JsonBytes
{
    /// <summary>The string or property name that the reader is at; valid until the scratch is used again.</summary>
    /// <exception cref="TokenizerFormatException">An escape is no valid Unicode.</exception>
    public static ReadOnlySpan<byte> Of(ref Utf8JsonReader json, ref byte[] scratch, string path)
    {
        if (!json.ValueIsEscaped)
        {
            return json.ValueSpan;
        }

        if (scratch.Length < json.ValueSpan.Length)
        {
            scratch = new byte[json.ValueSpan.Length * 2];
        }

        try
        {
            // Property names cannot be copied as bytes while escaped; they are rare.
            if (json.TokenType == JsonTokenType.PropertyName)
            {
                return Utf8.GetBytes(json.GetString()!);
            }

            return scratch.AsSpan(0, json.CopyString(scratch));
        }
        catch (InvalidOperationException)
        {
            throw new TokenizerFormatException($"{path}: a string is not valid Unicode");
        }
    }
}
