// Folder Trainers: what other trainers make of a row, by the settings that a user has for them.
// Refuses to know: mtt's own masks, files of rows.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>
/// The rule of one trainer under one configuration: what it feeds the model of a row of data, and what it supervises. Written
/// down from the trainer's behaviour, and checked against rows that its own code made. Thread-safe.
/// </summary>
internal interface ITrainer
{
    /// <summary>Its name and the version whose behaviour this is.</summary>
    string Name { get; }

    /// <summary>The rows that it makes of one row of data; more than one where it splits long ones.</summary>
    /// <param name="row">The row, as the data have it.</param>
    /// <exception cref="RefusedRowException">The trainer leaves the row out, or stops at it.</exception>
    IReadOnlyList<AuditedRow> Build(JsonFields row);
}

/// <summary>A trainer does not train on a row.</summary>
/// <param name="message">Why, in its own terms.</param>
internal sealed class RefusedRowException(string message) : Exception(message);
