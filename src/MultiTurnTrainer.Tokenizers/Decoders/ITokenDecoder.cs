// Folder Decoders: from tokens back to text.
// Refuses to know: how text is encoded.
namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary>Turns tokens back into text, in a chain; the parts that come out of the last are joined.</summary>
internal interface ITokenDecoder
{
    /// <summary>The parts, changed.</summary>
    List<string> Decode(List<string> parts);
}
