using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>Strip</c>: up to so many of one character off the ends of every part.</summary>
internal sealed class StripDecoder(int content, int start, int stop) : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts) => [.. parts.Select(Strip)];

    private string Strip(string part)
    {
        Rune[] runes = [.. part.EnumerateRunes()];
        int from = 0;
        while (from < start && from < runes.Length && runes[from].Value == content)
        {
            from++;
        }

        int to = runes.Length;
        for (int i = 0; i < stop; i++)
        {
            int index = runes.Length - i - 1;
            if (index < 0)
            {
                // The reference has no answer here either: it stops with an error.
                throw new TokenizationException("decoder Strip: a token is shorter than what is to be stripped");
            }

            if (runes[index].Value != content)
            {
                break;
            }

            to = index;
        }

        return to < from
            ? throw new TokenizationException("decoder Strip: a token is shorter than what is to be stripped")
            : string.Concat(runes[from..to].Select(r => r.ToString()));
    }
}
