namespace MultiTurnTrainer.Context.Retrieval;

/// <summary>Vectors that a model has made of texts.</summary>
public interface IVectors
{
    /// <summary>The vector of a text; null where there is none, and nothing is found by it.</summary>
    /// <param name="text">A question, or an exchange.</param>
    float[]? Find(string text);
}
