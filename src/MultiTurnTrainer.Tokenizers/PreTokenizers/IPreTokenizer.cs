// Folder PreTokenizers: splits text into words.
// Refuses to know: tokens of a word.
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>Cuts a normalized text into the words that the model sees.</summary>
internal interface IPreTokenizer
{
    /// <summary>Cuts (and sometimes rewrites) the unfinished pieces.</summary>
    void PreTokenize(PieceText text);
}
