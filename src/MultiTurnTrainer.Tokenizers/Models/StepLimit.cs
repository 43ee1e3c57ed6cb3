namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>
/// Counts the steps of a search through one text. Real tokenizers take a few for each byte; one that goes back over the text
/// again and again is stopped, whoever made it so.
/// </summary>
/// <param name="bytes">The length of the text.</param>
internal struct StepLimit(int bytes)
{
    private const long Free = 1_000_000;
    private const long PerByte = 128;
    private long _left = Free + (PerByte * bytes);

    /// <summary>Counts steps.</summary>
    /// <exception cref="TokenizationException">They are too many.</exception>
    public void Take(long steps)
    {
        _left -= steps;
        if (_left < 0)
        {
            throw new TokenizationException(
                $"more than {PerByte} steps for each byte of it: its pattern or vocabulary goes back over the text again and again"
            );
        }
    }
}
